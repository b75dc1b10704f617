package capture

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/damage"
	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

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

// TestDamage: a damaged file gives an error, a warning or sound. It never gives an empty result, a panic or a hang.
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
