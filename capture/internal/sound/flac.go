package sound

import (
	"bytes"
	"fmt"
	"math"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"
)

// FLAC is samples in [-1, 1], interleaved, as a FLAC file of blocks of 1024
// samples, uncompressed. The length is in the header if told is set.
func FLAC(rate, channels, bits int, samples []float32, told bool) []byte {
	info := &meta.StreamInfo{
		BlockSizeMin: 16, BlockSizeMax: 1024,
		SampleRate: uint32(rate), NChannels: uint8(channels), BitsPerSample: uint8(bits),
	}
	if told {
		info.NSamples = uint64(len(samples) / channels)
	}
	var out bytes.Buffer
	enc, err := flac.NewEncoder(&out, info)
	check(err)
	for len(samples) > 0 {
		n := min(1024, len(samples)/channels)
		fr := &frame.Frame{Header: frame.Header{
			BlockSize: uint16(n), SampleRate: uint32(rate),
			Channels: frame.Channels(channels - 1), BitsPerSample: uint8(bits),
		}}
		for c := range channels {
			sub := &frame.Subframe{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, NSamples: n}
			for i := range n {
				x := float64(samples[i*channels+c]) * float64(int(1)<<(bits-1)-1)
				sub.Samples = append(sub.Samples, int32(math.Round(x)))
			}
			fr.Subframes = append(fr.Subframes, sub)
		}
		check(enc.WriteFrame(fr))
		samples = samples[n*channels:]
	}
	check(enc.Close())
	return out.Bytes()
}

func check(err error) {
	if err != nil {
		panic(fmt.Sprintf("sound: %v", err)) // a mistake in a test
	}
}
