package opus

import (
	"io"
	"math"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// Packet is one packet of an Ogg Opus recording, not decoded.
type Packet struct {
	// Data is the encoded packet. It belongs to the receiver.
	Data []byte
	// Position is the place of the first sample at 48 kHz. 0 is the first sample that is
	// heard; packets before it are for the decoder to warm up.
	Position int64
	// Samples is how many samples of each channel are heard. At the end of a recording, Data
	// can hold more.
	Samples int
}

// A PacketReader takes the packets out of an Ogg Opus recording without
// decoding them. Make it with [NewPacketReader].
type PacketReader struct {
	o      *Reader
	chains int
	base   int64 // Position less the stream's own count
	end    int64 // of the last packet that was returned
}

// NewPacketReader reads the headers and the first page of sound, with the
// errors of [NewReader].
func NewPacketReader(r io.Reader) (*PacketReader, error) {
	o, err := NewReader(r, nil, -1)
	if err != nil {
		return nil, err
	}
	p := &PacketReader{o: o}
	p.rebase()
	return p, nil
}

// rebase begins a recording that follows another one: its positions go on from the end of the other.
func (p *PacketReader) rebase() { p.base = p.end + p.o.missing - p.o.skip - p.o.pos }

// Format says what the recording holds.
func (p *PacketReader) Format() pcm.Format { return p.o.format }

// Gain is the gain in decibels that the recording asks for.
func (p *PacketReader) Gain() float64 {
	if p.o.gain == 1 {
		return 0
	}
	return 20 * math.Log10(float64(p.o.gain))
}

// Warning is about lost pages, a missing end, and sound that was not read.
func (p *PacketReader) Warning() error { return p.o.Warning() }

// Next returns the next packet that is heard, and io.EOF after the last one. Positions count missing sound.
func (p *PacketReader) Next() (Packet, error) {
	for {
		for len(p.o.queue) == 0 {
			p.o.missing = 0 // the positions include it
			if err := p.o.more(); err != nil {
				return Packet{}, err
			}
		}
		if p.o.chains != p.chains {
			p.chains = p.o.chains
			p.rebase()
		}
		data := p.o.pop()
		n := duration(data)
		out := Packet{Data: data, Position: p.o.pos + p.base, Samples: int(n)}
		p.o.pos += n
		if p.o.limit >= 0 && p.o.pos > p.o.limit {
			out.Samples = int(max(0, n-(p.o.pos-p.o.limit)))
		}
		if out.Samples > 0 {
			p.end = max(p.end, out.Position+int64(out.Samples))
			return out, nil
		}
	}
}
