package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// readAll decodes everything, with reads of n frames.
func readAll(t testing.TB, r io.Reader, size int64, n int) ([]float32, *Reader) {
	t.Helper()
	w, err := NewReader(r, size)
	if err != nil {
		t.Fatal(err)
	}
	var all []float32
	buf := make([]float32, n*w.Format().Channels)
	for {
		k, err := w.Read(buf)
		all = append(all, buf[:k*w.Format().Channels]...)
		if err == io.EOF {
			return all, w
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func ptr(n uint32) *uint32 { return &n }

func TestEncodings(t *testing.T) {
	le := binary.LittleEndian
	f32 := func(xs ...float32) (b []byte) {
		for _, x := range xs {
			b = le.AppendUint32(b, math.Float32bits(x))
		}
		return b
	}
	f64 := func(xs ...float64) (b []byte) {
		for _, x := range xs {
			b = le.AppendUint64(b, math.Float64bits(x))
		}
		return b
	}
	for _, c := range []struct {
		name     string
		wav      sound.WAV
		encoding string
		want     []float32
	}{
		{"8", sound.WAV{Bits: 8, Data: []byte{0, 64, 128, 192, 255, 128}}, "PCM 8 bit", []float32{-1, -.5, 0, .5, 127. / 128, 0}},
		{"16", sound.WAV{Data: []byte{0, 0x80, 0, 0xC0, 0, 0, 0, 0x40, 0xFF, 0x7F}}, "PCM 16 bit", []float32{-1, -.5, 0, .5, 32767. / 32768}},
		{"24", sound.WAV{Bits: 24, Data: []byte{0, 0, 0x80, 1, 0, 0, 0xFF, 0xFF, 0xFF, 0, 0, 0x40}}, "PCM 24 bit", []float32{-1, 1. / (1 << 23), -1. / (1 << 23), .5}},
		{"32", sound.WAV{Bits: 32, Data: []byte{0, 0, 0, 0x80, 0, 0, 0, 0x40}}, "PCM 32 bit", []float32{-1, .5}},
		{"12 in 16", sound.WAV{Bits: 12, Data: []byte{0, 0x80, 0, 0x40}}, "PCM 12 bit", []float32{-1, .5}},
		{"20 in 24", sound.WAV{Bits: 24, Valid: 20, Extensible: true, Data: []byte{0, 0, 0x80, 0, 0, 0x40}}, "PCM 20 bit", []float32{-1, .5}},
		{"extensible 16", sound.WAV{Extensible: true, Channels: 2, Data: sound.S16(0, 0, .5, -.5)}, "PCM 16 bit", []float32{0, 0, 16384. / 32768, -16384. / 32768}},
		{"float 32", sound.WAV{Tag: 3, Bits: 32, Data: f32(-1, .25, 1.5)}, "float 32 bit", []float32{-1, .25, 1.5}},
		{"float 64", sound.WAV{Tag: 3, Bits: 64, Data: f64(-1, .25)}, "float 64 bit", []float32{-1, .25}},
		{"extensible float", sound.WAV{Tag: 3, Bits: 32, Extensible: true, Data: f32(-1, .25)}, "float 32 bit", []float32{-1, .25}},
		// From the tables of G.711: the largest, the smallest and a middle value.
		{"A-law", sound.WAV{Tag: 6, Bits: 8, Data: []byte{0xAA, 0x2A, 0xD5, 0x55, 0x80}}, "A-law", []float32{32256. / 32768, -32256. / 32768, 8. / 32768, -8. / 32768, 5504. / 32768}},
		{"µ-law", sound.WAV{Tag: 7, Bits: 8, Data: []byte{0x80, 0x00, 0xFF, 0x7F, 0xB0}}, "µ-law", []float32{32124. / 32768, -32124. / 32768, 0, 0, 3900. / 32768}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := c.wav.Bytes()
			got, w := readAll(t, bytes.NewReader(b), int64(len(b)), 100)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			f := w.Format()
			if f.Encoding != c.encoding || f.Frames != int64(len(c.want)/f.Channels) || w.Warning() != nil {
				t.Errorf("%v, %d frames, warning %v", f, f.Frames, w.Warning())
			}
		})
	}
}

// TestMisalignedWidth: some recorders put 24 bits into 4 bytes without an
// extensible header, and tell by the frame size alone.
func TestMisalignedWidth(t *testing.T) {
	b := sound.WAV{Bits: 32, Data: []byte{0, 0, 0, 0x40}}.Bytes()
	binary.LittleEndian.PutUint16(b[34:], 24)
	got, _ := readAll(t, bytes.NewReader(b), -1, 10)
	if !slices.Equal(got, []float32{.5}) {
		t.Errorf("got %v", got)
	}
}

// TestContainers puts the same sound into every kind of container and size
// field, as a file and as a pipe.
func TestContainers(t *testing.T) {
	want := sound.Sine(16000, 440, 777)
	data := sound.S16(want...)
	for _, c := range []struct {
		name string
		wav  sound.WAV
		pipe bool // whether the frame count is known without the file's size
	}{
		{"plain", sound.WAV{}, true},
		{"RF64", sound.WAV{ID: "RF64"}, true},
		{"BW64", sound.WAV{ID: "BW64"}, true},
		{"RF64 with a 32-bit size", sound.WAV{ID: "RF64", DataSize: ptr(uint32(len(data)))}, true},
		{"list before", sound.WAV{Before: sound.Chunk("LIST", []byte("INFOISFT\x05\x00\x00\x00sox 1\x00"))}, true},
		{"odd chunk", sound.WAV{Before: sound.Chunk("note", []byte("odd"))}, true},
		{"odd chunk without its pad byte", sound.WAV{Before: sound.Chunk("note", []byte("odd"))[:11]}, true},
		{"chunk of many kilobytes", sound.WAV{Before: sound.Chunk("bext", make([]byte, 300001))}, true},
		{"list after", sound.WAV{After: sound.Chunk("LIST", []byte("INFO"))}, true},
		{"size 0", sound.WAV{DataSize: ptr(0)}, false},
		{"size of all ones", sound.WAV{DataSize: ptr(0xFFFFFFFF)}, false},
		{"size of 2 GiB", sound.WAV{DataSize: ptr(0x7FFFFFFF)}, false},
		{"size of 2 GiB and a header", sound.WAV{DataSize: ptr(0x7FFFF024)}, false},
		{"size of 2^31", sound.WAV{DataSize: ptr(0x80000000)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.wav.Data = data
			b := c.wav.Bytes()
			for _, size := range []int64{int64(len(b)), -1} {
				got, w := readAll(t, iotest.HalfReader(bytes.NewReader(b)), size, 64)
				if len(got) != len(want) {
					t.Fatalf("size %d: %d samples, want %d", size, len(got), len(want))
				}
				for i := range got {
					if math.Abs(float64(got[i]-want[i])) > 1e-4 {
						t.Fatalf("sample %d: %g, want %g", i, got[i], want[i])
					}
				}
				if w.Warning() != nil {
					t.Errorf("size %d: warning %v", size, w.Warning())
				}
				frames := int64(-1)
				if c.pipe || size >= 0 {
					frames = int64(len(want))
				}
				if f := w.Format().Frames; f != frames {
					t.Errorf("size %d: %d frames, want %d", size, f, frames)
				}
			}
		})
	}
}

func TestTruncated(t *testing.T) {
	whole := sound.WAV{Channels: 2, Data: sound.S16(sound.Sine(16000, 440, 200)...)}.Bytes()
	for cut := 44; cut < len(whole); cut++ {
		for _, size := range []int64{int64(cut), -1} {
			got, w := readAll(t, bytes.NewReader(whole[:cut]), size, 7)
			if want := (cut - 44) / 4 * 2; len(got) != want {
				t.Fatalf("cut at %d: %d samples, want %d", cut, len(got), want)
			}
			if !errors.Is(w.Warning(), pcm.ErrTruncated) {
				t.Fatalf("cut at %d: warning %v", cut, w.Warning())
			}
		}
	}
	for cut := range 44 {
		_, err := NewReader(bytes.NewReader(whole[:cut]), int64(cut))
		if !errors.Is(err, pcm.ErrTruncated) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

func TestRefused(t *testing.T) {
	good := sound.WAV{Data: sound.S16(0, 0)}.Bytes()
	edit := func(at int, with string) []byte {
		b := slices.Clone(good)
		copy(b[at:], with)
		return b
	}
	for _, c := range []struct {
		name string
		b    []byte
		is   error
		says string
	}{
		{"other", []byte("MThd\x00\x00\x00\x06\x00\x00\x00\x00"), pcm.ErrDamaged, "MThd"},
		{"avi", edit(8, "AVI "), pcm.ErrDamaged, "AVI"},
		{"no channels", edit(22, "\x00\x00"), pcm.ErrUnsupported, "0 channels"},
		{"many channels", edit(22, "\xff\xff"), pcm.ErrUnsupported, "65535 channels"},
		{"no rate", edit(24, "\x00\x00\x00\x00"), pcm.ErrUnsupported, "rate 0"},
		{"absurd rate", edit(24, "\xff\xff\xff\xff"), pcm.ErrUnsupported, "4294967295"},
		{"no bits", edit(34, "\x00\x00"), pcm.ErrUnsupported, "0 bits"},
		{"64-bit PCM", edit(34, "\x40\x00"), pcm.ErrUnsupported, "64 bits"},
		{"16-bit float", edit(20, "\x03\x00"), pcm.ErrUnsupported, "float of 16 bits"},
		{"ADPCM", edit(20, "\x11\x00"), pcm.ErrUnsupported, "IMA ADPCM"},
		{"MP3", edit(20, "\x55\x00"), pcm.ErrUnsupported, "MP3"},
		{"unknown tag", edit(20, "\x34\x12"), pcm.ErrUnsupported, "0x1234"},
		{"short extensible", edit(20, "\xfe\xff"), pcm.ErrDamaged, "expected 40"},
		{"short fmt", edit(16, "\x04\x00\x00\x00"), pcm.ErrDamaged, "fmt chunk of 4 bytes"},
		{"huge fmt", edit(16, "\x00\x00\xff\xff"), pcm.ErrDamaged, "fmt chunk of"},
		{"no fmt", edit(12, "junk"), pcm.ErrDamaged, "before any fmt"},
		{"no data", edit(36, "junk"), pcm.ErrTruncated, "before any data"},
		{"binary chunk name", edit(36, "\x01\x02\x03\x04"), pcm.ErrDamaged, "01 02 03 04"},
		{"chunk without size", edit(36, "LIST\xff\xff\xff\xff"), pcm.ErrDamaged, "LIST"},
	} {
		_, err := NewReader(bytes.NewReader(c.b), int64(len(c.b)))
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestSamplesThatAreNotNumbers(t *testing.T) {
	le := binary.LittleEndian
	var f32, f64 []byte
	for _, x := range []float64{.5, math.NaN(), math.Inf(1), math.Inf(-1), 1e30, -32768, -.5} {
		f32 = le.AppendUint32(f32, math.Float32bits(float32(x)))
		f64 = le.AppendUint64(f64, math.Float64bits(x))
	}
	for bits, data := range map[int][]byte{32: f32, 64: f64} {
		got, w := readAll(t, bytes.NewReader(sound.WAV{Tag: 3, Bits: bits, Data: data}.Bytes()), -1, 10)
		if !slices.Equal(got, []float32{.5, 0, 0, 0, 0, -32768, -.5}) {
			t.Errorf("%d bits: got %v", bits, got)
		}
		if !errors.Is(w.Warning(), pcm.ErrDamaged) || !strings.Contains(w.Warning().Error(), "4 samples") {
			t.Errorf("%d bits: warning %v", bits, w.Warning())
		}
	}
}

func TestEmpty(t *testing.T) {
	for _, after := range [][]byte{nil, sound.Chunk("LIST", []byte("INFO"))} {
		got, w := readAll(t, bytes.NewReader(sound.WAV{After: after}.Bytes()), -1, 10)
		if len(got) != 0 || w.Format().Frames != 0 || w.Warning() != nil {
			t.Errorf("%d samples, %d frames, %v", len(got), w.Format().Frames, w.Warning())
		}
	}
}

// TestPadByteOfAPipe: sox pads even a data chunk of unknown size.
func TestPadByteOfAPipe(t *testing.T) {
	size := uint32(0x7FFFEFFF)
	b := append(sound.WAV{Bits: 24, DataSize: &size, Data: make([]byte, 3*101)}.Bytes(), 0)
	for _, size := range []int64{-1, int64(len(b))} {
		if got, w := readAll(t, bytes.NewReader(b), size, 7); len(got) != 101 || w.Warning() != nil {
			t.Errorf("%d samples, %v", len(got), w.Warning())
		}
	}
}

// TestReadSizesChangeNothing reads one sound in many portions from a stream
// that itself delivers portions.
func TestReadSizesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SampledFrom([]int{8, 16, 24, 32}).Draw(t, "bits")
		ch := rapid.IntRange(1, 5).Draw(t, "channels")
		data := rapid.SliceOfN(rapid.Byte(), 0, 4000).Draw(t, "data")
		size := uint32(len(data))
		w := sound.WAV{Bits: bits, Channels: ch, Data: data, DataSize: &size}
		b := w.Bytes()
		r, err := NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float32, len(data)+ch)
		n := 0
		for err == nil {
			var k int
			k, err = r.Read(want[n*ch:])
			n += k
		}
		want = want[:n*ch]
		if n != len(data)/(bits/8*ch) {
			t.Fatalf("%d frames of %d bytes", n, len(data))
		}

		r, _ = NewReader(iotest.OneByteReader(bytes.NewReader(b)), -1)
		var got []float32
		buf := make([]float32, 50*ch)
		for {
			k, err := r.Read(buf[:ch*rapid.IntRange(1, 50).Draw(t, "frames")])
			got = append(got, buf[:k*ch]...)
			if err != nil {
				break
			}
			if k == 0 {
				t.Fatal("no frames and no error")
			}
		}
		if !slices.Equal(got, want) {
			t.Fatal("portions changed the sound")
		}
	})
}

func TestReadErrors(t *testing.T) {
	whole := sound.WAV{Data: sound.S16(sound.Sine(16000, 440, 500)...)}.Bytes()
	broken := errors.New("disk on fire")
	w, err := NewReader(io.MultiReader(bytes.NewReader(whole[:400]), iotest.ErrReader(broken)), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]float32, 1000)
	n, err := 0, error(nil)
	for err == nil {
		var k int
		k, err = w.Read(buf)
		n += k
	}
	if n != (400-44)/2 || !errors.Is(err, broken) {
		t.Errorf("%d frames, then %v", n, err)
	}
	if _, err := w.Read(buf[:0]); !errors.Is(err, io.ErrShortBuffer) {
		t.Errorf("empty buffer: %v", err)
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	data := bytes.Repeat([]byte{1, 2, 3, 4, 5, 6}, 1<<20)
	w, err := NewReader(bytes.NewReader(sound.WAV{Channels: 2, Bits: 24, Data: data}.Bytes()), -1)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]float32, 1764)
	if n := testing.AllocsPerRun(500, func() {
		if _, err := w.Read(buf); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%g allocations a read", n)
	}
}

// FuzzReader: reading any bytes ends, and every sample is a number.
func FuzzReader(f *testing.F) {
	s := sound.S16(sound.Sine(16000, 440, 50)...)
	for _, w := range []sound.WAV{
		{Data: s}, {Data: s, ID: "RF64"}, {Data: s, Bits: 8}, {Data: s, Bits: 24, Channels: 2}, {Data: s, Tag: 3, Bits: 32},
		{Data: s, Tag: 3, Bits: 64}, {Data: s, Tag: 6, Bits: 8}, {Data: s, Tag: 7, Bits: 8}, {Data: s, Extensible: true},
		{Data: s, DataSize: ptr(0)}, {Data: s, DataSize: ptr(0xFFFFFFFF)}, {Data: s, Before: sound.Chunk("note", []byte("odd"))},
	} {
		f.Add(w.Bytes(), true)
		f.Add(w.Bytes()[:60], false)
	}
	f.Add(append(sound.WAV{Data: s, After: sound.Chunk("data", s)}.Bytes(), sound.WAV{Data: s, Channels: 2}.Bytes()...), true)
	f.Add(append(sound.WAV{Data: s, DataSize: ptr(10)}.Bytes(), "LIST\x04\x00\x00\x00wavlslnt\x04\x00\x00\x00\x10\x00\x00\x00"...), false)
	f.Fuzz(func(t *testing.T, b []byte, file bool) {
		size := int64(-1)
		if file {
			size = int64(len(b))
		}
		w, err := NewReader(bytes.NewReader(b), size)
		if err != nil {
			return
		}
		buf := make([]float32, 30*pcm.MaxChannels)
		total, ch := 0, w.Format().Channels
		for {
			n, err := w.Read(buf)
			if err != nil {
				break
			}
			if n == 0 {
				t.Fatal("no frames and no error")
			}
			ch = w.Format().Channels
			if total += n * ch; total > len(b) {
				t.Fatal("more samples than bytes")
			}
			for _, x := range buf[:n*ch] {
				if x-x != 0 {
					t.Fatalf("sample %g", x)
				}
			}
		}
		if frames := w.Format().Frames; frames >= 0 && frames*int64(ch) != int64(total) && w.Warning() == nil && w.parts == 0 {
			t.Fatalf("%d frames declared, %d samples of %d channels read, no warning", frames, total, ch)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for _, c := range []struct {
		name string
		wav  sound.WAV
		size int
	}{
		{"s16_mono_16k", sound.WAV{}, 2 * 16000},
		{"s16_stereo_44k1", sound.WAV{Channels: 2, Rate: 44100}, 4 * 44100},
		{"s24_stereo_48k", sound.WAV{Channels: 2, Rate: 48000, Bits: 24}, 6 * 48000},
		{"f32_stereo_48k", sound.WAV{Channels: 2, Rate: 48000, Bits: 32, Tag: 3}, 8 * 48000},
		{"mulaw_mono_8k", sound.WAV{Rate: 8000, Bits: 8, Tag: 7}, 8000},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.wav.Data = make([]byte, c.size) // one second
			file := c.wav.Bytes()
			buf := make([]float32, 2048)
			b.ReportAllocs()
			for b.Loop() {
				w, err := NewReader(bytes.NewReader(file), -1)
				for err == nil {
					_, err = w.Read(buf)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/s-audio")
		})
	}
}
