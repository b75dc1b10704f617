package capture

import (
	"bytes"
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// drain reads a source to its end, with silence in gaps, and closes it. It checks that the blocks are in order
// and in range.
func drain(t testing.TB, s Source) ([]float32, error) {
	t.Helper()
	defer func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	var all []float32
	for {
		b, err := s.Next(context.Background())
		if err != nil {
			if len(b.Samples) > 0 {
				t.Error("samples together with an error")
			}
			if err == io.EOF {
				err = nil
			}
			return all, err
		}
		if len(b.Samples) == 0 || b.Start < int64(len(all)) || b.Start > int64(len(all)+mostGap) {
			t.Fatalf("block of %d samples at %d after %d", len(b.Samples), b.Start, len(all))
		}
		all = append(all, make([]float32, b.Start-int64(len(all)))...)
		for _, x := range b.Samples {
			if !(x >= -1 && x <= 1) {
				t.Fatalf("sample %g", x)
			}
		}
		all = append(all, b.Samples...)
	}
}

// mostGap bounds the gaps in recordings that are drained.
const mostGap = 100 * Rate

func write(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen(t *testing.T) {
	ctx := context.Background()
	for _, rate := range []int{8000, 11025, 16000, 22050, 44100, 48000, 96000} {
		for _, ch := range []int{1, 2, 6} {
			mono := sound.Sine(rate, 440, rate/3+1)
			var all []float32
			for _, x := range mono {
				for range ch {
					all = append(all, x)
				}
			}
			for name, b := range map[string][]byte{
				// The content decides, whatever the name says.
				"a.flac": sound.WAV{Rate: rate, Channels: ch, Data: sound.S16(all...)}.Bytes(),
				"b.wav":  sound.FLAC(rate, ch, 16, all, true),
			} {
				rec, err := Open(ctx, write(t, name, b), Options{})
				if err != nil {
					t.Fatal(err)
				}
				n, known := rec.Length()
				got, err := drain(t, rec)
				if err != nil || rec.Warning() != nil {
					t.Fatalf("%v: %v, %v", rec.Format(), err, rec.Warning())
				}
				want := (len(mono)*Rate + rate - 1) / rate
				if len(got) != want || !known || n != int64(want) {
					t.Errorf("%v: %d samples, %d foretold, want %d", rec.Format(), len(got), n, want)
				}
				for i := 200; i < want-200; i++ {
					if d := math.Abs(float64(got[i]) - math.Sin(2*math.Pi*440*float64(i)/Rate)/2); d > 1e-3 {
						t.Fatalf("%v: sample %d is off by %g", rec.Format(), i, d)
					}
				}
			}
		}
	}
}

func TestChannels(t *testing.T) {
	ctx := context.Background()
	data := sound.S16(.5, -.25, .5, -.25)
	path := write(t, "a.wav", sound.WAV{Channels: 2, Data: data}.Bytes())
	for ch, want := range map[Channel]float64{Mix: .125, 1: .5, 2: -.25} {
		rec, err := Open(ctx, path, Options{Channel: ch})
		if err != nil {
			t.Fatal(err)
		}
		got, err := drain(t, rec)
		if err != nil || len(got) != 2 || math.Abs(float64(got[0])-want) > 1e-4 {
			t.Errorf("channel %d: %v, %v", ch, got, err)
		}
	}
	for _, ch := range []Channel{3, -2} {
		if _, err := Open(ctx, path, Options{Channel: ch}); err == nil {
			t.Errorf("channel %d exists", ch)
		}
	}
}

func TestTagBefore(t *testing.T) {
	tag := append([]byte("ID3\x04\x00\x00\x00\x00\x0a\x00"), make([]byte, 1280)...)
	for _, b := range [][]byte{
		sound.FLAC(16000, 1, 16, sound.Sine(16000, 440, 2000), true),
		sound.WAV{Data: sound.S16(sound.Sine(16000, 440, 2000)...)}.Bytes(),
	} {
		rec, err := Open(context.Background(), write(t, "x", append(slices.Clone(tag), b...)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := drain(t, rec); err != nil || len(got) != 2000 || rec.Warning() != nil {
			t.Errorf("%v: %d samples, %v, %v", rec.Format(), len(got), err, rec.Warning())
		}
	}
}

// TestBlockSizesChangeNothing also holds that a file and a pipe give the same samples.
func TestBlockSizesChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom([]int{8000, 16000, 44100, 48000}).Draw(t, "rate")
		ch := rapid.IntRange(1, 3).Draw(t, "channels")
		s := sound.Sine(rate, 440, ch*rapid.IntRange(1, 3000).Draw(t, "frames"))
		b := sound.WAV{Rate: rate, Channels: ch, Data: sound.S16(s...)}.Bytes()
		if rapid.Bool().Draw(t, "flac") {
			b = sound.FLAC(rate, ch, 16, s, true)
		}
		read := func(size int64, block int) (all []float32) {
			rec, err := open(context.Background(), input{name: "x", r: bytes.NewReader(b), size: size}, Options{BlockSize: block})
			if err != nil {
				t.Fatal(err)
			}
			defer rec.Close()
			for {
				blk, err := rec.Next(context.Background())
				if err == io.EOF {
					return all
				}
				if err != nil {
					t.Fatal(err)
				}
				if len(blk.Samples) > block || blk.Start != int64(len(all)) {
					t.Fatalf("block of %d at %d", len(blk.Samples), blk.Start)
				}
				all = append(all, blk.Samples...)
			}
		}
		want := read(int64(len(b)), 1<<20)
		got := read(-1, rapid.IntRange(1, 2000).Draw(t, "block"))
		if !slices.Equal(got, want) {
			t.Fatalf("%d and %d samples", len(got), len(want))
		}
	})
}

// TestBlocksBelongToTheReceiver: the samples of a block do not change after it was returned.
func TestBlocksBelongToTheReceiver(t *testing.T) {
	s := sound.Sine(16000, 440, 40000)
	rec, err := Open(context.Background(), write(t, "x", sound.WAV{Data: sound.S16(s...)}.Bytes()), Options{BlockSize: 777})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	var blocks []Block
	for {
		b, err := rec.Next(context.Background())
		if err != nil {
			break
		}
		if cap(b.Samples) != len(b.Samples) {
			t.Fatal("appending to a block would write into the next")
		}
		blocks = append(blocks, b)
	}
	for _, b := range blocks {
		for i, x := range b.Samples {
			if math.Abs(float64(x-s[int(b.Start)+i])) > 1e-4 {
				t.Fatalf("sample %d changed", int(b.Start)+i)
			}
		}
	}
}

// FuzzOpen: any file opens or is refused in one line, and a file that opens ends.
func FuzzOpen(f *testing.F) {
	s := sound.Sine(16000, 440, 300)
	f.Add(sound.WAV{Rate: 8000, Channels: 2, Data: sound.S16(s...)}.Bytes())
	f.Add(sound.FLAC(44100, 1, 16, s, true))
	f.Add([]byte("ID3\x04\x00\x00\x00\x00\x00\x02zzfLaC"))
	f.Add([]byte("OggS"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if kind, _ := sniff(b); kind == otherAudio || kind == unknown {
			return // for ffmpeg
		}
		rec, err := open(context.Background(), input{name: "x", r: bytes.NewReader(b), size: int64(len(b))}, Options{})
		if err == nil {
			_, err = drain(t, rec)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q", err)
		}
	})
}

func BenchmarkRecording(b *testing.B) {
	for _, c := range []struct {
		name     string
		rate, ch int
	}{{"wav_mono_16k", 16000, 1}, {"wav_mono_8k", 8000, 1}, {"wav_stereo_44k1", 44100, 2}, {"wav_stereo_48k", 48000, 2}} {
		b.Run(c.name, func(b *testing.B) {
			file := sound.WAV{Rate: c.rate, Channels: c.ch, Data: make([]byte, 2*c.rate*c.ch*10)}.Bytes()
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				rec, err := open(ctx, input{name: "x", r: bytes.NewReader(file), size: int64(len(file))}, Options{})
				for err == nil {
					_, err = rec.Next(ctx)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/s-audio")
		})
	}
}
