package mp3

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"testing/iotest"

	"github.com/seed-7adb9000/diarizer/capture/internal/pcmtest"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// ffmpeg runs it over a pipe.
func ffmpeg(t testing.TB, in []byte, args ...string) []byte {
	t.Helper()
	program := needs.Tool(t, "ffmpeg")
	cmd := exec.Command(program, append(append([]string{"-loglevel", "error", "-i", "pipe:0"}, args...), "pipe:1")...)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffmpeg %v: %v", args, err)
	}
	return out
}

// voice is something like speech, below 3 kHz.
func voice(rate, n int) []float32 {
	s := make([]float32, n)
	phase := 0.0
	for i := range s {
		t := float64(i) / float64(rate)
		phase += 2 * math.Pi * (130 + 40*math.Sin(3*t)) / float64(rate)
		for k := 1.0; k <= 16; k++ {
			s[i] += float32(math.Sin(k*phase) / k / 5)
		}
	}
	return s
}

// encode makes an MP3 file, with a header frame that tells its length.
func encode(t testing.TB, rate, ch int, samples []float32, args ...string) []byte {
	t.Helper()
	program := needs.Tool(t, "ffmpeg")
	out := filepath.Join(t.TempDir(), "x.mp3")
	args = append(append([]string{"-loglevel", "error", "-i", "pipe:0", "-c:a", "libmp3lame"}, args...), "-id3v2_version", "0", out)
	cmd := exec.Command(program, args...)
	cmd.Stdin = bytes.NewReader(sound.WAV{Rate: rate, Channels: ch, Data: sound.S16(samples...)}.Bytes())
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %v: %v: %s", args, err, said)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(t testing.TB, b []byte) *Reader {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAgainstFFmpeg compares with another decoder, sample by sample, and with
// what was encoded, to which it must be aligned.
func TestAgainstFFmpeg(t *testing.T) {
	for _, rate := range []int{44100, 48000, 32000, 22050, 24000, 16000} {
		for _, ch := range []int{1, 2} {
			for _, args := range [][]string{{"-b:a", "64k"}, {"-q:a", "4"}, {"-b:a", "32k"}} {
				n := rate/2 + 123
				samples := voice(rate, n)
				if ch == 2 {
					var both []float32
					for i, x := range samples {
						both = append(both, x, samples[max(0, i-40)]/2)
					}
					samples = both
				}
				file := encode(t, rate, ch, samples, args...)
				r, err := NewReader(bytes.NewReader(file))
				if errors.Is(err, pcm.ErrUnsupported) && rate == 22050 && args[0] == "-b:a" {
					t.Logf("%v", err)
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				got, err := pcmtest.ReadAll(r, 1000)
				if err != nil || r.Warning() != nil || len(got) < len(samples) || len(got) > len(samples)+100*ch || r.Format().Frames != int64(len(got)/ch) || r.Format().Rate != rate {
					t.Errorf("%v %v: %d samples for %d, %d foretold, %v, %v", r.Format(), args, len(got), len(samples), r.Format().Frames, err, r.Warning())
					continue
				}
				var want []float32
				raw := ffmpeg(t, file, "-f", "f32le")
				for i := 0; i+4 <= len(raw); i += 4 {
					want = append(want, math.Float32frombits(binary.LittleEndian.Uint32(raw[i:])))
				}
				db, original := pcmtest.SNR(got, want), pcmtest.SNR(got, samples)
				if db < 30 || original < 8 || len(want)-len(got) > 1152*ch || len(want) < len(got) {
					t.Errorf("%v %v: %.1f dB against ffmpeg (%d and %d samples), %.1f dB against the original", r.Format(), args, db, len(got), len(want), original)
				}
				t.Logf("%v %v: %.1f dB against ffmpeg, %.1f dB against the original", r.Format(), args, db, original)
			}
		}
	}
}

func TestWithoutLength(t *testing.T) {
	file := encode(t, 44100, 1, voice(44100, 44100), "-write_xing", "0")
	whole := open(t, file)
	got, err := pcmtest.ReadAll(whole, 1000)
	if err != nil || whole.Warning() != nil || len(got) < 44100 || whole.Format().Frames != -1 {
		t.Errorf("%d samples, %d foretold, %v, %v", len(got), whole.Format().Frames, err, whole.Warning())
	}
}

func TestTagsAndJunk(t *testing.T) {
	file := encode(t, 44100, 1, voice(44100, 44100))
	want, err := pcmtest.ReadAll(open(t, file), 1000)
	if err != nil {
		t.Fatal(err)
	}
	id3v1 := append([]byte("TAG"), make([]byte, 125)...)
	ape := append([]byte("APETAGEX\xd0\x07\x00\x00\x40\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xa0"), make([]byte, 8+64)...)
	id3v2 := append([]byte("ID3\x04\x00\x00\x00\x00\x01\x00"), bytes.Repeat([]byte{0xFF, 0xFB}, 64)...)
	for name, b := range map[string][]byte{
		"ID3v1 behind":        append(slices.Clone(file), id3v1...),
		"APE behind":          append(slices.Clone(file), ape...),
		"zeros behind":        append(slices.Clone(file), make([]byte, 3000)...),
		"ID3v2 before":        append(slices.Clone(id3v2), file...),
		"zeros before":        append(make([]byte, 5000), file...),
		"ID3v2 in the middle": slices.Insert(slices.Clone(file), frameStart(file, 10), id3v2...),
	} {
		r := open(t, b)
		got, err := pcmtest.ReadAll(r, 1000)
		if err != nil || r.Warning() != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %d samples for %d, %v, %v", name, len(got), len(want), err, r.Warning())
		}
	}
	r := open(t, slices.Insert(slices.Clone(file), frameStart(file, 10), []byte("what is this \xff\xfb\x90 doing here")...))
	got, err := pcmtest.ReadAll(r, 1000)
	if err != nil || !errors.Is(r.Warning(), pcm.ErrDamaged) || !slices.Equal(got, want) {
		t.Errorf("junk: %d samples for %d, %v, %v", len(got), len(want), err, r.Warning())
	}
}

// frameStart is where frame n begins.
func frameStart(file []byte, n int) (at int) {
	for range n {
		at += parseHeader(file[at:]).length()
	}
	return at
}

func TestTruncated(t *testing.T) {
	file := encode(t, 44100, 1, voice(44100, 44100))
	for cut := frameStart(file, 2); cut < len(file); cut += 1397 {
		r := open(t, file[:cut])
		if _, err := pcmtest.ReadAll(r, 1000); err != nil || !errors.Is(r.Warning(), pcm.ErrTruncated) {
			t.Fatalf("cut at %d: %v, %v", cut, err, r.Warning())
		}
	}
	for cut := range frameStart(file, 1) {
		if _, err := NewReader(bytes.NewReader(file[:cut])); err == nil {
			t.Fatalf("cut at %d opened", cut)
		}
	}
}

// TestBadFrame: a frame that cannot be decoded does not shift what follows.
func TestBadFrame(t *testing.T) {
	file := encode(t, 44100, 1, voice(44100, 2*44100), "-b:a", "64k")
	want, err := pcmtest.ReadAll(open(t, file), 1000)
	if err != nil {
		t.Fatal(err)
	}
	bad := slices.Clone(file)
	for i := frameStart(file, 20) + 4; i < frameStart(file, 22); i++ {
		bad[i] ^= byte(i * 37)
	}
	copy(bad[frameStart(file, 21):], file[frameStart(file, 21):][:4])
	r := open(t, bad)
	got, err := pcmtest.ReadAll(r, 1000)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d samples for %d, %v, %v", len(got), len(want), err, r.Warning())
	}
	if db := pcmtest.SNR(got[44100:], want[44100:]); db < 60 {
		t.Errorf("%.1f dB after the damage", db)
	}
}

func TestRefused(t *testing.T) {
	wav := sound.WAV{Rate: 44100, Data: sound.S16(voice(44100, 44100)...)}.Bytes()
	for name, args := range map[string][]string{
		"layer II": {"-c:a", "mp2", "-f", "mp2"},
		"MPEG-2.5": {"-ar", "11025", "-c:a", "libmp3lame", "-id3v2_version", "0", "-f", "mp3"},
	} {
		if _, err := NewReader(bytes.NewReader(ffmpeg(t, wav, args...))); !errors.Is(err, pcm.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		} else {
			t.Log(err)
		}
	}
	if _, err := NewReader(bytes.NewReader(bytes.Repeat([]byte("no sound "), 1<<16))); !errors.Is(err, pcm.ErrDamaged) {
		t.Error(err)
	}
}

func TestReadSizesChangeNothing(t *testing.T) {
	file := encode(t, 44100, 2, voice(44100, 44100))
	pcmtest.PortionsChangeNothing(t, 5000, func() (pcm.Reader, error) { return NewReader(iotest.HalfReader(bytes.NewReader(file))) })
}

// FuzzReader: reading any bytes ends without a panic.
func FuzzReader(f *testing.F) {
	needs.Tool(f, "ffmpeg")
	f.Add(encode(f, 44100, 1, voice(44100, 8000), "-b:a", "32k"))
	f.Add(encode(f, 24000, 2, voice(24000, 8000), "-b:a", "48k"))
	f.Add(encode(f, 32000, 1, voice(32000, 8000)))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		ch := r.Format().Channels
		buf := make([]float32, 3000*ch)
		for total := 0; ; {
			n, err := r.Read(buf)
			if err != nil {
				break
			}
			if n == 0 {
				t.Fatal("no frames and no error")
			}
			if total += n; total > 1152*(len(b)/20+1) {
				t.Fatalf("%d samples of %d bytes", total, len(b))
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	for _, c := range []struct{ rate, ch, kbit int }{{16000, 1, 32}, {44100, 1, 64}, {44100, 2, 128}} {
		b.Run(strconv.Itoa(c.rate)+"_"+strconv.Itoa(c.ch), func(b *testing.B) {
			file := encode(b, c.rate, c.ch, voice(c.rate, c.rate*c.ch*10), "-b:a", strconv.Itoa(c.kbit)+"k")
			buf := make([]float32, 2048)
			b.ReportAllocs()
			for b.Loop() {
				r, err := NewReader(bytes.NewReader(file))
				for err == nil {
					_, err = r.Read(buf)
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/s-audio")
		})
	}
}
