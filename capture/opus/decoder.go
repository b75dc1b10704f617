package opus

import (
	"fmt"

	"github.com/pion/opus"
)

// A PacketDecoder decodes the packets of one stream, in their order, at 48 kHz.
// Make it with [NewPacketDecoder].
type PacketDecoder struct {
	dec      opus.Decoder
	channels int
	samples  []float32
}

// NewPacketDecoder returns a decoder for one or two channels.
func NewPacketDecoder(channels int) (*PacketDecoder, error) {
	dec, err := opus.NewDecoderWithOutput(rate, channels)
	if err != nil {
		return nil, fmt.Errorf("opus: %w", err)
	}
	return &PacketDecoder{dec: dec, channels: channels, samples: make([]float32, maxPacket*channels)}, nil
}

// Decode returns the interleaved samples of a packet, valid until the next
// call. It fails, and never panics, on bytes that are no Opus packet.
func (d *PacketDecoder) Decode(packet []byte) (samples []float32, err error) {
	defer func() {
		// The library decodes unchecked bytes and can panic on a damaged packet.
		if p := recover(); p != nil {
			err = fmt.Errorf("opus: %v", p)
		}
	}()
	k, err := d.dec.DecodeToFloat32(packet, d.samples)
	if err != nil {
		return nil, fmt.Errorf("opus: %w", err)
	}
	samples = d.samples[:k*d.channels]
	for i, x := range samples {
		if x-x != 0 {
			samples[i] = 0
		}
	}
	return samples, nil
}

// silence returns n samples of silence of each channel, valid until the next call.
func (d *PacketDecoder) silence(n int64) []float32 {
	s := d.samples[:n*int64(d.channels)]
	clear(s)
	return s
}
