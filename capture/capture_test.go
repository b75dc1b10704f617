package capture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture/internal/damage"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// drain reads a source to its end, checks that its blocks are in order and in
// range, and closes it. What lies in gaps is silence.
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
				// Names lie: the content counts.
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

func TestErrors(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no ffmpeg
	ctx := context.Background()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "half.partial.wav"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wav := sound.WAV{Data: sound.S16(sound.Sine(16000, 440, 100)...)}
	for _, c := range []struct {
		name string
		path string
		is   error
		says []string
	}{
		{"missing", filepath.Join(dir, "no.wav"), os.ErrNotExist, []string{"no.wav: no such file", "check the path"}},
		{"interrupted", filepath.Join(dir, "half.wav"), os.ErrNotExist, []string{"half.wav: no such file", "is in " + filepath.Join(dir, "half.partial.wav")}},
		{"directory", dir, nil, []string{"is a directory", "name the files"}},
		{"empty", write(t, "e.wav", nil), pcm.ErrEmpty, []string{"is empty", "name a recording"}},
		{"mp4", write(t, "m.wav", []byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2mp41")), pcm.ErrUnsupported, []string{"an MP4 file", "ffmpeg is not installed", "convert"}},
		{"text", write(t, "t.wav", []byte("Dear diary,\nit rained.\n")), pcm.ErrUnsupported, []string{"a text file", "name a recording"}},
		{"noise", write(t, "n.wav", []byte{1, 2, 3, 250, 251, 252, 0, 0, 7}), pcm.ErrUnsupported, []string{"begins with 01 02 03 fa"}},
		{"ADPCM", write(t, "a.wav", sound.WAV{Tag: 2, Data: make([]byte, 100)}.Bytes()), pcm.ErrUnsupported, []string{"Microsoft ADPCM", "expected PCM", "convert"}},
		{"cut header", write(t, "c.wav", wav.Bytes()[:30]), pcm.ErrTruncated, []string{"ends after 30 bytes", "again"}},
		{"cut FLAC", write(t, "c.flac", []byte("fLaC\x00\x00\x00\x22abc")), pcm.ErrTruncated, []string{"FLAC header"}},
		{"silly rate", write(t, "r.wav", sound.WAV{Rate: 10, Data: wav.Data}.Bytes()), pcm.ErrUnsupported, []string{"sample rate 10 Hz", "expected 1000 to"}},
		{"ID3 only", write(t, "i.wav", []byte("ID3\x04\x00\x00\x00\x00\x10\x00zzz")), pcm.ErrTruncated, []string{"ID3 tag"}},
	} {
		_, err := Open(ctx, c.path, Options{})
		var e *Error
		if !errors.As(err, &e) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		says := err.Error()
		for _, want := range append(c.says, e.Path) {
			if !strings.Contains(says, want) {
				t.Errorf("%s: %q does not say %q", c.name, says, want)
			}
		}
		if strings.Contains(says, "\n") || e.Op == "" || e.Hint == "" {
			t.Errorf("%s: %q", c.name, says)
		}
		t.Logf("%s: %v", c.name, err)
	}
}

func TestNoSound(t *testing.T) {
	for name, b := range map[string][]byte{
		"wav":           sound.WAV{}.Bytes(),
		"wav, 1 byte":   sound.WAV{Data: []byte{1}}.Bytes(),
		"flac":          sound.FLAC(16000, 1, 16, nil, true),
		"flac, cut off": sound.FLAC(16000, 1, 16, sound.Sine(16000, 440, 2000), true)[:60],
	} {
		rec, err := Open(context.Background(), write(t, "x", b), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := drain(t, rec); !errors.Is(err, pcm.ErrEmpty) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTruncatedIsUsedAndSaid(t *testing.T) {
	whole := sound.WAV{Data: sound.S16(sound.Sine(16000, 440, 5000)...)}.Bytes()
	path := write(t, "x.wav", whole[:44+2*1234+1])
	rec, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n, known := rec.Length(); n != 1234 || !known {
		t.Errorf("length %d %v", n, known)
	}
	got, err := drain(t, rec)
	w := rec.Warning()
	if err != nil || len(got) != 1234 || !errors.Is(w, pcm.ErrTruncated) || !strings.Contains(w.Error(), path) {
		t.Errorf("%d samples, %v, warning %v", len(got), err, w)
	}
	t.Log(w)
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

// TestDamage: whatever is wrong with a file, it is an error, or a warning, or
// sound; never nothing, a panic or a hang.
func TestDamage(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no ffmpeg, which has a test of its own
	kinds := damage.Kinds()
	if len(kinds) < 36 {
		t.Fatalf("%d kinds of damage", len(kinds))
	}
	s := sound.Sine(16000, 440, 4000)
	for name, good := range map[string][]byte{
		"wav":      sound.WAV{Data: sound.S16(s...)}.Bytes(),
		"rf64":     sound.WAV{ID: "RF64", Channels: 2, Rate: 44100, Data: sound.S16(s...)}.Bytes(),
		"float":    sound.WAV{Tag: 3, Bits: 32, Extensible: true, Data: sound.S16(s...)}.Bytes(),
		"flac":     sound.FLAC(16000, 1, 16, s, true),
		"flac 24k": sound.FLAC(24000, 2, 24, s, false),
	} {
		for _, k := range kinds {
			b := k.Apply(good)
			path := write(t, "x", b)
			for _, how := range []string{"file", "pipe"} {
				var rec *Recording
				var err error
				if how == "file" {
					rec, err = Open(context.Background(), path, Options{})
				} else {
					rec, err = OpenReader(context.Background(), bytes.NewReader(b), "pipe", Options{})
				}
				var got []float32
				var warning error
				if err == nil {
					got, err = drain(t, rec)
					warning = rec.Warning()
				}
				if len(got) == 0 && err == nil {
					t.Errorf("%s, %s, %s: no sound, no error", name, how, k.Name)
				}
				for _, e := range []error{err, warning} {
					var typed *Error
					if e != nil && (!errors.As(e, &typed) || strings.Contains(e.Error(), "\n")) {
						t.Errorf("%s, %s, %s: %v", name, how, k.Name, e)
					}
				}
			}
		}
	}
}

// TestBlockSizesChangeNothing also holds the two ways of reading equal.
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

// TestBlocksBelongToTheReceiver: what is kept stays as it was.
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

func TestPipe(t *testing.T) {
	wav := sound.WAV{Data: sound.S16(sound.Sine(16000, 440, 1000)...)}.Bytes()
	pr, pw := io.Pipe()
	go pw.Write(wav[:44+2*700]) // and no more: a live stream
	ctx, cancel := context.WithCancel(context.Background())
	rec, err := OpenReader(ctx, pr, "standard input", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // what has arrived is not held back
		if b, err := rec.Next(ctx); err != nil || len(b.Samples) != DefaultBlockSize {
			t.Fatalf("%d samples, %v", len(b.Samples), err)
		}
	}
	done := make(chan error)
	go func() { _, err := rec.Next(ctx); done <- err }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("waiting Next: %v", err)
	}
	if err := rec.Close(); err != nil {
		t.Error(err)
	}
}

func TestCloseReleasesNext(t *testing.T) {
	pr, pw := io.Pipe()
	go pw.Write(sound.WAV{Data: make([]byte, 1000)}.Bytes()[:600])
	ctx := context.Background()
	rec, err := OpenReader(ctx, pr, "standard input", Options{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { _, err := rec.Next(ctx); done <- err }()
	rec.Close()
	<-done // goleak finds the pump if it stays
}

func TestOpenReaderCancelled(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := OpenReader(ctx, pr, "standard input", Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestAgainstSox compares all that we decode and convert with what sox makes of
// the same files.
func TestAgainstSox(t *testing.T) {
	sox := needs.Tool(t, "sox")
	dir := t.TempDir()
	run := func(args ...string) []byte {
		t.Helper()
		out, err := exec.Command(sox, args...).Output()
		if err != nil {
			var ee *exec.ExitError
			if errors.As(err, &ee) {
				err = fmt.Errorf("%w: %s", err, ee.Stderr)
			}
			t.Fatalf("sox %v: %v", args, err)
		}
		return out
	}
	for _, rate := range []string{"8000", "11025", "22050", "32000", "44100", "48000", "16000", "96000"} {
		for _, c := range []struct {
			args   []string
			ext    string
			quiet  float64 // rms of the difference, dB under full scale
			pipeTo bool
		}{
			{[]string{"-b", "16", "-e", "signed"}, "wav", -70, false},
			{[]string{"-b", "24", "-e", "signed"}, "wav", -70, true},
			{[]string{"-b", "32", "-e", "signed"}, "wav", -70, false},
			{[]string{"-b", "8", "-e", "unsigned"}, "wav", -70, false},
			{[]string{"-b", "32", "-e", "float"}, "wav", -70, true},
			{[]string{"-b", "64", "-e", "float"}, "wav", -70, false},
			{[]string{"-e", "a-law"}, "wav", -70, false},
			{[]string{"-e", "u-law"}, "wav", -70, true},
			{[]string{"-b", "16"}, "flac", -70, false},
			{[]string{"-b", "24"}, "flac", -70, true},
		} {
			for _, ch := range []string{"1", "2"} {
				path := filepath.Join(dir, "x."+c.ext)
				// Band-limited noise and tones below the filters' edges.
				synth := []string{"-R", "-r", rate, "-n", "-c", ch}
				effects := []string{"synth", "0.7", "sine", "200-3000", "gain", "-6"}
				if c.pipeTo {
					args := append(append(synth, c.args...), "-t", c.ext, "-")
					if err := os.WriteFile(path, run(append(args, effects...)...), 0o600); err != nil {
						t.Fatal(err)
					}
				} else {
					run(append(append(append(synth, c.args...), path), effects...)...)
				}
				want := run("-V1", path, "-t", "raw", "-e", "float", "-b", "32", "-c", "1", "-", "rate", "-v", "16000")
				rec, err := Open(context.Background(), path, Options{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := drain(t, rec)
				if err != nil || rec.Warning() != nil || len(got) < len(want)/4-1 || len(got) > len(want)/4+1 {
					t.Fatalf("%v: %d samples, sox %d, %v, %v", rec.Format(), len(got), len(want)/4, err, rec.Warning())
				}
				var e float64
				for i := 400; i < min(len(got), len(want)/4)-400; i++ {
					x := float64(math.Float32frombits(uint32(want[4*i]) | uint32(want[4*i+1])<<8 | uint32(want[4*i+2])<<16 | uint32(want[4*i+3])<<24))
					e += (float64(got[i]) - x) * (float64(got[i]) - x)
				}
				if db := 10 * math.Log10(e/float64(len(got))+1e-30); db > c.quiet {
					t.Errorf("%v: differs from sox by %.1f dB", rec.Format(), db)
				}
			}
		}
	}
}

// FuzzOpen: anything opens or is refused in one line; what opens ends.
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
