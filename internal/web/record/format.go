package record

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/capture/opus"
	"github.com/seed-7adb9000/diarizer/capture/resample"
)

// Encoding is how the sound of a packet is encoded.
type Encoding string

// The encodings: interleaved samples of 16-bit integers or 32-bit floating point,
// little-endian, or one Opus packet (RFC 6716).
const (
	S16  Encoding = "s16le"
	F32  Encoding = "f32le"
	Opus Encoding = "opus"
)

// Format is the format of all packets of a recording.
type Format struct {
	Encoding Encoding
	Rate     int // in hertz
	Channels int
}

// maxChannels is more channels than microphones have.
const maxChannels = 32

// Check returns an error that names the expected value, unless f can be decoded.
func (f Format) Check() error {
	switch {
	case f.Encoding != S16 && f.Encoding != F32 && f.Encoding != Opus:
		return fmt.Errorf("encoding %q: expected %s, %s or %s", f.Encoding, S16, F32, Opus)
	case f.Encoding == Opus && f.Rate != natsaudio.OpusRate:
		return fmt.Errorf("rate %d: expected %d for opus", f.Rate, natsaudio.OpusRate)
	case f.Rate < resample.MinRate || f.Rate > resample.MaxRate:
		return fmt.Errorf("rate %d: expected %d to %d Hz", f.Rate, resample.MinRate, resample.MaxRate)
	case f.Encoding == Opus && f.Channels != 1 && f.Channels != 2:
		return fmt.Errorf("channels %d: expected 1 or 2 for opus", f.Channels)
	case f.Channels < 1 || f.Channels > maxChannels:
		return fmt.Errorf("channels %d: expected 1 to %d", f.Channels, maxChannels)
	}
	return nil
}

// Samples is how many samples of each channel data holds. It is 0 if data is no Opus
// packet, or no whole number of samples.
func (f Format) Samples(data []byte) int {
	switch size := f.size(); {
	case f.Encoding == Opus:
		return opus.Duration(data)
	case len(data)%size != 0:
		return 0
	default:
		return len(data) / size
	}
}

// size is the size of one sample of all channels, in bytes.
func (f Format) size() int {
	if f.Encoding == F32 {
		return 4 * f.Channels
	}
	return 2 * f.Channels
}

// packet converts p to the packet that the assembler of natsaudio takes.
func (f Format) packet(p Packet) (natsaudio.Packet, error) {
	n := f.Samples(p.Data)
	if n == 0 {
		what := "whole samples of all channels"
		if f.Encoding == Opus {
			what = "an Opus packet"
		}
		return natsaudio.Packet{}, fmt.Errorf("%w: %d bytes are not %s", ErrPacket, len(p.Data), what)
	}
	if end := int64(natsaudio.MaxLength.Seconds()) * int64(f.Rate); p.Position > end {
		return natsaudio.Packet{}, fmt.Errorf("%w: position %d, expected at most %d, ten years", ErrPacket, p.Position, end)
	}
	if p.Position < 0 && f.Encoding != Opus {
		return natsaudio.Packet{}, fmt.Errorf("%w: position %d, expected 0 or more for %s", ErrPacket, p.Position, f.Encoding)
	}
	q := natsaudio.Packet{Session: "live", Position: p.Position, Encoding: natsaudio.S16, Rate: f.Rate, Channels: f.Channels, Samples: n, Data: p.Data}
	switch f.Encoding {
	case Opus:
		q.Encoding = natsaudio.Opus
	case F32:
		samples := make([]float32, len(p.Data)/4)
		for i := range samples {
			samples[i] = math.Float32frombits(binary.LittleEndian.Uint32(p.Data[4*i:]))
		}
		q.Data = natsaudio.AppendS16(make([]byte, 0, 2*len(samples)), samples)
	}
	return q, nil
}
