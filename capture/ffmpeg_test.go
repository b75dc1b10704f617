package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/ffmpeg"
	"github.com/seed-7adb9000/diarizer/capture/internal/damage"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// encode makes a file of another format out of a WAV file.
func encode(t testing.TB, wav []byte, name string, args ...string) string {
	t.Helper()
	program := needs.Tool(t, "ffmpeg")
	out := filepath.Join(t.TempDir(), name)
	cmd := exec.Command(program, append(append([]string{"-loglevel", "error", "-y", "-i", "pipe:0"}, args...), out)...)
	cmd.Stdin = bytes.NewReader(wav)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %v: %v: %s", args, err, said)
	}
	return out
}

// similarity is how much of got's power is want, in dB, at the given delay.
func similarity(got, want []float32, from, to int) float64 {
	var e, p float64
	for i := from; i < to; i++ {
		d := float64(got[i] - want[i])
		e += d * d
		p += float64(want[i]) * float64(want[i])
	}
	return 10 * math.Log10(p/(e+1e-30))
}

func TestOtherFormats(t *testing.T) {
	const rate, n = 44100, 2 * 44100
	left, right := sound.Sine(rate, 440, n), sound.Sine(rate, 1000, n)
	var both []float32
	for i := range left {
		both = append(both, left[i], right[i])
	}
	wav := sound.WAV{Rate: rate, Channels: 2, Data: sound.S16(both...)}.Bytes()
	want := sound.Sine(Rate, 440, 2*Rate)
	for _, c := range []struct {
		name string
		args []string
		says string
		pipe bool
		snr  float64
	}{
		{"n.mp3", []string{"-c:a", "libmp3lame", "-b:a", "128k"}, "MP3", true, 20},
		{"o.mp3", []string{"-c:a", "libmp3lame", "-ar", "11025", "-b:a", "32k"}, "MP3", false, 20},
		{"p.mp2", []string{"-c:a", "mp2", "-b:a", "192k"}, "MP3", false, -10},
		{"q.opus", []string{"-c:a", "libopus", "-b:a", "128k"}, "Ogg, Opus", true, 20},
		{"a.m4a", []string{"-c:a", "aac", "-b:a", "192k"}, "M4A", false, 30},
		{"b.ogg", []string{"-c:a", "vorbis", "-strict", "-2", "-b:a", "192k"}, "Ogg Vorbis", true, 20},
		{"c.aiff", nil, "AIFF", true, 70},
		{"d.au", nil, "AU", true, 70},
		{"e.mka", []string{"-c:a", "pcm_s16le"}, "Matroska or WebM", true, 70},
		{"f.wma", []string{"-c:a", "wmav2", "-b:a", "192k"}, "Windows Media", true, -10},
		{"g.caf", []string{"-c:a", "pcm_s16le"}, "Core Audio", true, 70},
		{"h.w64", nil, "Wave64", true, 70},
		{"i.wv", []string{"-c:a", "wavpack"}, "WavPack", false, 70},
		{"j.wav", []string{"-c:a", "adpcm_ima_wav"}, "WAV", false, 30},
		{"k.aac", []string{"-c:a", "aac", "-b:a", "192k"}, "AAC", true, -10}, // shifted by the encoder's delay
		{"l.tta", []string{"-c:a", "tta"}, "True Audio", true, 70},
		{"-m.mov", []string{"-c:a", "pcm_s16le", "-f", "mov"}, "QuickTime", false, 70},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := encode(t, wav, c.name, c.args...)
			// A name that ffmpeg could take for an option, a URL or a pattern.
			odd := filepath.Join(filepath.Dir(path), "pipe:0 %d -y.wav")
			if err := os.Rename(path, odd); err != nil {
				t.Fatal(err)
			}
			check := func(rec *Recording, err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
				f := rec.Format()
				got, err := drain(t, rec)
				if err != nil || rec.Warning() != nil || f.Channels != 2 || !strings.HasPrefix(f.String(), c.says) {
					t.Fatalf("%v: %v, %v", f, err, rec.Warning())
				}
				snr := similarity(got, want, Rate/2, Rate)
				t.Logf("%v: %d samples for %d, %.1f dB", f, len(got), len(want), snr)
				if snr < c.snr || len(got) < len(want)-1000 || len(got) > len(want)+3000 {
					t.Errorf("%v: %d samples for %d, %.1f dB", f, len(got), len(want), snr)
				}
			}
			check(Open(context.Background(), odd, Options{Channel: 1}))
			if c.pipe {
				b, err := os.ReadFile(odd)
				if err != nil {
					t.Fatal(err)
				}
				check(OpenReader(context.Background(), bytes.NewReader(b), "pipe", Options{Channel: 1}))
			}
		})
	}
}

// TestDamageOfEncoded is TestDamage for formats that only other programs write.
func TestDamageOfEncoded(t *testing.T) {
	wav := sound.WAV{Rate: 48000, Data: sound.S16(sound.Sine(48000, 440, 16000)...)}.Bytes()
	for _, name := range []string{"a.opus", "a.mp3", "a.m4a"} {
		good, err := os.ReadFile(encode(t, wav, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { damageAll(t, good) })
	}
}

func damageAll(t *testing.T, good []byte) {
	for _, k := range damage.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			t.Parallel()
			rec, err := Open(context.Background(), write(t, "x", k.Apply(good)), Options{})
			var got []float32
			if err == nil {
				got, err = drain(t, rec)
			}
			if len(got) == 0 && err == nil || err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("%d samples, %v", len(got), err)
			}
		})
	}
}

func TestNoFFmpeg(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	path := write(t, "x.wav", []byte("\x00\x00\x00\x20ftypM4A \x00\x00\x02\x00isomiso2mp41"))
	_, err := Open(context.Background(), path, Options{})
	if !errors.Is(err, ffmpeg.ErrNotInstalled) || !errors.Is(err, pcm.ErrUnsupported) || !strings.Contains(err.Error(), "an M4A file, and ffmpeg is not installed; install ffmpeg") {
		t.Error(err)
	}
	t.Log(err)
	_, err = Open(context.Background(), write(t, "y", []byte{1, 2, 3, 4, 250, 251, 252}), Options{})
	if !errors.Is(err, pcm.ErrUnsupported) {
		t.Error(err)
	}
	t.Log(err)
	_, err = Open(context.Background(), write(t, "z", sound.WAV{Tag: 2, Data: make([]byte, 100)}.Bytes()), Options{})
	if !errors.Is(err, pcm.ErrUnsupported) || !strings.Contains(err.Error(), "Microsoft ADPCM") {
		t.Error(err)
	}
}

func TestVideoWithoutSound(t *testing.T) {
	program := needs.Tool(t, "ffmpeg")
	path := filepath.Join(t.TempDir(), "x.mkv")
	if out, err := exec.Command(program, "-loglevel", "error", "-f", "lavfi", "-i", "color=s=32x32:d=0.2", "-c:v", "mpeg4", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, err := Open(context.Background(), path, Options{})
	if !errors.Is(err, pcm.ErrEmpty) {
		t.Error(err)
	}
	t.Log(err)
}

// TestFFmpegStopped: closing or cancelling ends the process and its goroutines.
func TestFFmpegStopped(t *testing.T) {
	path := encode(t, sound.WAV{Rate: 44100, Data: make([]byte, 2*44100*60)}.Bytes(), "x.aiff")
	rec, err := Open(context.Background(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rec.Next(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := rec.Close(); err != nil {
		t.Error(err)
	}

	// A stream that delivers its beginning and then nothing more.
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pr, pw := io.Pipe()
	go pw.Write(b[:1<<20])
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	rec, err = OpenReader(ctx, pr, "pipe", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		if n == 20 {
			cancel()
		}
		if _, err := rec.Next(ctx); err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			break
		}
	}
	if err := rec.Close(); err != nil {
		t.Error(err)
	}
}
