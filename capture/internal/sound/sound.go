// Package sound makes the recordings that tests read.
package sound

import (
	"encoding/binary"
	"math"
)

// WAV describes a WAV file.
type WAV struct {
	ID         string // RIFF by default
	Tag        int    // 1 PCM by default
	Rate       int    // 16000 by default
	Channels   int    // 1 by default
	Bits       int    // 16 by default
	Valid      int    // of an extensible header; Bits by default
	Extensible bool
	Before     []byte  // chunks between fmt and data
	DataSize   *uint32 // what the header states, if not the truth
	Data       []byte
	After      []byte
}

// Bytes is the file.
func (w WAV) Bytes() []byte {
	def := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	def(&w.Tag, 1)
	def(&w.Rate, 16000)
	def(&w.Channels, 1)
	def(&w.Bits, 16)
	def(&w.Valid, w.Bits)
	if w.ID == "" {
		w.ID = "RIFF"
	}
	le := binary.LittleEndian
	align := w.Channels * ((w.Bits + 7) / 8)
	tag := w.Tag
	if w.Extensible {
		tag = 0xFFFE
	}
	f := le.AppendUint16(nil, uint16(tag))
	f = le.AppendUint16(f, uint16(w.Channels))
	f = le.AppendUint32(f, uint32(w.Rate))
	f = le.AppendUint32(f, uint32(w.Rate*align))
	f = le.AppendUint16(f, uint16(align))
	f = le.AppendUint16(f, uint16(w.Bits))
	if w.Extensible {
		f = le.AppendUint16(f, 22)
		f = le.AppendUint16(f, uint16(w.Valid))
		f = le.AppendUint32(f, 0)
		f = le.AppendUint16(f, uint16(w.Tag))
		f = append(f, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xAA\x00\x38\x9B\x71"...)
	}
	size := uint32(len(w.Data))
	if w.DataSize != nil {
		size = *w.DataSize
	}
	var body []byte
	if w.ID != "RIFF" {
		ds := le.AppendUint64(nil, uint64(len(w.Data)+100))
		ds = le.AppendUint64(ds, uint64(len(w.Data)))
		ds = le.AppendUint64(ds, 0)
		ds = le.AppendUint32(ds, 0)
		body = append(body, Chunk("ds64", ds)...)
		if w.DataSize == nil {
			size = 0xFFFFFFFF
		}
	}
	body = append(body, Chunk("fmt ", f)...)
	body = append(body, w.Before...)
	body = append(body, "data"...)
	body = le.AppendUint32(body, size)
	body = append(body, w.Data...)
	if len(w.Data)%2 == 1 && len(w.After) > 0 {
		body = append(body, 0)
	}
	body = append(body, w.After...)
	out := append([]byte(w.ID), le.AppendUint32(nil, uint32(len(body)+4))...)
	return append(append(out, "WAVE"...), body...)
}

// Chunk is a RIFF chunk, padded to even length.
func Chunk(id string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(id), uint32(len(data)))
	b = append(b, data...)
	if len(data)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

// Sine is n samples of a sine of half the full scale.
func Sine(rate int, hz float64, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(math.Sin(2*math.Pi*hz*float64(i)/float64(rate)) / 2)
	}
	return s
}

// S16 is samples in [-1, 1] as 16-bit PCM.
func S16(samples ...float32) []byte {
	var b []byte
	for _, x := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(float64(x)*32767))))
	}
	return b
}
