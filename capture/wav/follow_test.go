package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/seed-7adb9000/diarizer/capture/internal/pcmtest"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// heard reads everything as one channel: the first of each frame, silence in gaps.
func heard(t *testing.T, r io.Reader, size int64) ([]float32, []pcm.Format, *Reader) {
	t.Helper()
	w, err := NewReader(r, size)
	if err != nil {
		t.Fatal(err)
	}
	var all []float32
	formats := []pcm.Format{w.Format()}
	buf := make([]float32, 512)
	for {
		n, err := w.Read(buf)
		if err == io.EOF {
			return all, formats, w
		}
		if err != nil {
			t.Fatal(err)
		}
		f := w.Format()
		if f != formats[len(formats)-1] {
			formats = append(formats, f)
		}
		all = append(all, make([]float32, w.Gap())...)
		for i := range n {
			all = append(all, buf[i*f.Channels])
		}
	}
}

// TestMoreThanTheHeaderTells: bytes after the stated sound are read if they are sound, and only then, both from a file and
// through a pipe.
func TestMoreThanTheHeaderTells(t *testing.T) {
	a, b := sound.Sine(16000, 440, 777), sound.Sine(16000, 700, 500)
	da, db := sound.S16(a...), sound.S16(b...)
	data, list := sound.Chunk("data", db), sound.Chunk("LIST", []byte("INFO"))
	zeros := make([]byte, 12)
	one := sound.WAV{Data: da}.Bytes()
	two := sound.WAV{Data: db}.Bytes()
	unknown := sound.WAV{Data: da, DataSize: ptr(0xFFFFFFFF)}.Bytes()
	wavl := append([]byte("LIST\xff\xff\xff\xffwavl"), sound.Chunk("data", da)...)
	wavl = append(wavl, sound.Chunk("slnt", binary.LittleEndian.AppendUint32(nil, 300))...)
	wavl = append(wavl, data...)
	head := one[:36] // up to the data chunk
	both := slices.Concat(a, b)
	for name, c := range map[string]struct {
		b      []byte
		want   []float32
		warned bool
	}{
		"size not brought up to date":    {sound.WAV{Data: slices.Concat(da, db), DataSize: ptr(uint32(len(da)))}.Bytes(), both, true},
		"size in the middle of a sample": {sound.WAV{Data: slices.Concat(da, db), DataSize: ptr(uint32(len(da) + 1))}.Bytes(), both, true},
		"two chunks of sound":            {sound.WAV{Data: da, After: data}.Bytes(), both, false},
		"a list between them":            {sound.WAV{Data: da, After: slices.Concat(list, data, list)}.Bytes(), both, false},
		"zeros between them":             {sound.WAV{Data: da, After: slices.Concat(zeros, list, zeros, data, zeros)}.Bytes(), both, false},
		"a list of sound and silence":    {slices.Concat(head, wavl), slices.Concat(a, make([]float32, 300), b), false},
		"two recordings":                 {slices.Concat(one, two), both, false},
		"zeros between two recordings":   {slices.Concat(one, zeros, two, zeros), both, false},
		"two of unknown size":            {slices.Concat(unknown, two), both, false},
		"zeros before a chunk":           {sound.WAV{Data: da, Before: slices.Concat(zeros, list, zeros)}.Bytes(), a, false},
		"an unknown chunk behind":        {sound.WAV{Data: da, After: sound.Chunk("abcd", make([]byte, 99))}.Bytes(), a, false},
		"a broken recording behind":      {slices.Concat(one, []byte("RIFF\x00\x00\x00\x00WAVEdata\x00\x00\x00\x00")), a, true},
		"silence longer than a buffer":   {sound.WAV{Data: slices.Concat(da, make([]byte, 200000), db), DataSize: ptr(uint32(len(da)))}.Bytes(), slices.Concat(a, make([]float32, 100000), b), true},
	} {
		for _, size := range []int64{int64(len(c.b)), -1} {
			got, _, w := heard(t, iotest.HalfReader(bytes.NewReader(c.b)), size)
			same := len(got) == len(c.want)
			for i := range min(len(got), len(c.want)) {
				same = same && math.Abs(float64(got[i]-c.want[i])) < 1e-4
			}
			if !same || (w.Warning() != nil) != c.warned {
				t.Errorf("%s, size %d: %d samples, want %d, %v", name, size, len(got), len(c.want), w.Warning())
			}
		}
	}
}

// TestFormatsOneAfterTheOther: each recording has the format of its own header.
func TestFormatsOneAfterTheOther(t *testing.T) {
	s := sound.S16(sound.Sine(8000, 440, 600)...)
	b := slices.Concat(
		sound.WAV{Data: s}.Bytes(),
		sound.WAV{Channels: 2, Rate: 44100, Data: s}.Bytes(),
		sound.WAV{Bits: 8, Data: s}.Bytes(),
	)
	for _, size := range []int64{int64(len(b)), -1} {
		got, f, w := heard(t, bytes.NewReader(b), size)
		if len(got) != 600+300+1200 || len(f) != 3 || f[1].Channels != 2 || f[1].Rate != 44100 || f[2].Encoding != "PCM 8 bit" || w.Warning() != nil {
			t.Errorf("%d samples, %v, %v", len(got), f, w.Warning())
		}
	}
}

// TestSizeWrappedAround: the sound does not end at a stated size that has wrapped around, once or more often.
func TestSizeWrappedAround(t *testing.T) {
	const wrap = 1 << 16 // instead of 1 << 32
	x := sound.Sine(16000, 440, 3*wrap)
	for _, n := range []int{wrap/2 + 10, wrap + 7, 2*wrap + 1} { // samples, of 2 bytes
		b := sound.WAV{Data: sound.S16(x[:n]...), DataSize: ptr(uint32(2 * n % wrap)), After: sound.Chunk("LIST", []byte("INFO"))}.Bytes()
		for _, size := range []int64{int64(len(b)), -1} {
			w, err := newReader(bytes.NewReader(b), size, wrap)
			if err != nil {
				t.Fatal(err)
			}
			got, err := pcmtest.ReadAll(w, 1000)
			if err != nil || len(got) != n {
				t.Errorf("%d bytes, size %d: %d samples, want %d, %v", 2*n, size, len(got), n, err)
			}
			if w := w.Warning(); !errors.Is(w, pcm.ErrDamaged) || errors.Is(w, pcm.ErrTruncated) {
				t.Errorf("%d bytes, size %d: %v", 2*n, size, w)
			}
		}
	}
}
