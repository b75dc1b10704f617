package opus

import (
	"bytes"
	"io"
	"math"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/pcmtest"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// decodePackets hears the packets as their contract says: each at its position,
// from 0 on.
func decodePackets(t testing.TB, p *PacketReader) (samples []float32, packets int) {
	t.Helper()
	ch := p.Format().Channels
	dec, err := NewPacketDecoder(ch)
	if err != nil {
		t.Fatal(err)
	}
	gain := float32(math.Pow(10, p.Gain()/20))
	for {
		pk, err := p.Next()
		if err == io.EOF {
			return samples, packets
		}
		if err != nil {
			t.Fatal(err)
		}
		packets++
		if pk.Samples <= 0 || pk.Samples > Duration(pk.Data) {
			t.Fatalf("%d samples of a packet of %d", pk.Samples, Duration(pk.Data))
		}
		all, err := dec.Decode(pk.Data)
		if err != nil {
			t.Fatal(err)
		}
		all = all[:pk.Samples*ch]
		have := int64(len(samples) / ch)
		for ; have < pk.Position; have++ { // lost
			samples = append(samples, make([]float32, ch)...)
		}
		all = all[min(int64(len(all)), (have-pk.Position)*int64(ch)):]
		for _, x := range all {
			samples = append(samples, x*gain)
		}
	}
}

// TestPackets: the packets, decoded, are what the Reader gives, also where the
// recording is amplified, chained, or has lost a page.
func TestPackets(t *testing.T) {
	mono := encode(t, 16000, 1, voice(16000, 16000*3/2+77), "--bitrate", "24")
	stereo := encode(t, 48000, 2, voice(48000, 2*48000), "--bitrate", "64", "--max-delay", "200")
	long := encode(t, 48000, 1, voice(48000, 48000*5/2), "--max-delay", "500", "--bitrate", "24")
	lost := bytes.Clone(long)
	at := 0
	for range 4 { // in the fourth page
		at += 4 + bytes.Index(lost[at+4:], []byte("OggS"))
	}
	lost[at+100] ^= 1
	for name, c := range map[string]struct {
		file  []byte
		exact bool
	}{
		"mono": {mono, true}, "stereo": {stereo, true}, "long": {long, true}, "lost page": {lost, true},
		"chained": {append(bytes.Clone(mono), mono...), false}, // one decoder for both
	} {
		want, err := pcmtest.ReadAll(open(t, c.file, false), 960)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPacketReader(bytes.NewReader(c.file))
		if err != nil {
			t.Fatal(err)
		}
		got, n := decodePackets(t, p)
		if len(got) != len(want) || n < 50 {
			t.Errorf("%s: %d samples of %d packets, want %d", name, len(got), n, len(want))
			continue
		}
		if db := pcmtest.SNR(got, want); db < 15 || c.exact && db < 100 {
			t.Errorf("%s: %.1f dB", name, db)
		}
	}
	if _, err := NewPacketReader(bytes.NewReader([]byte("RIFF....WAVE"))); err == nil {
		t.Error("a WAV file was taken for Ogg Opus")
	}
}

// FuzzPackets: no bytes make the reader panic, hang, or return an invalid packet.
func FuzzPackets(f *testing.F) {
	needs.Tool(f, "opusenc")
	f.Add(encode(f, 16000, 1, voice(16000, 3000), "--bitrate", "8"))
	f.Add(encode(f, 48000, 2, voice(48000, 5000), "--max-delay", "100"))
	f.Fuzz(func(t *testing.T, b []byte) {
		repair(b)
		p, err := NewPacketReader(bytes.NewReader(b))
		for n := 0; err == nil; n++ {
			var pk Packet
			if pk, err = p.Next(); err == nil && (pk.Samples <= 0 || pk.Samples > Duration(pk.Data)) {
				t.Fatalf("%+v", pk)
			}
			if n > len(b) {
				t.Fatal("more packets than bytes")
			}
		}
	})
}
