package capture

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture/internal/sound"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
)

// tracks makes a Matroska file with a track for each WAV file.
func tracks(t *testing.T, name string, wavs ...[]byte) string {
	t.Helper()
	program := needs.Tool(t, "ffmpeg")
	args := []string{"-loglevel", "error", "-y"}
	var maps []string
	for i, wav := range wavs {
		args = append(args, "-i", write(t, "in.wav", wav))
		maps = append(maps, "-map", string(rune('0'+i)))
	}
	out := filepath.Join(t.TempDir(), name)
	args = append(append(append(args, maps...), "-c:a", "pcm_s16le"), out)
	if said, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, said)
	}
	return out
}

// TestTracks: of several sound tracks, the first one that is not silent is heard, and a warning tells of the others.
func TestTracks(t *testing.T) {
	tone := sound.Sine(Rate, 440, 3*Rate)
	late := append(make([]float32, 2*Rate), tone[:Rate]...)
	one := sound.WAV{Data: sound.S16(tone...)}.Bytes()
	two := sound.WAV{Data: sound.S16(late...)}.Bytes()
	none := sound.WAV{Data: make([]byte, 3*2*Rate)}.Bytes()
	for name, c := range map[string]struct {
		wavs  [][]byte
		track int
		heard []float32
		says  string
	}{
		"one":              {[][]byte{one}, 0, tone, ""},
		"two":              {[][]byte{one, two}, 0, tone, "it has 2 sound tracks, and track 1 is heard"},
		"the second":       {[][]byte{one, two}, 2, late, "it has 2 sound tracks, and track 2 is heard"},
		"silent":           {[][]byte{none}, 0, make([]float32, 3*Rate), "it is silent throughout"},
		"first silent":     {[][]byte{none, one}, 0, tone, "track 2 of 2 sound tracks is heard, because track 1 begins with silence"},
		"two silent":       {[][]byte{none, none, two}, 0, late, "track 3 of 3 sound tracks is heard, because those before it begin with silence"},
		"the silent one":   {[][]byte{none, one}, 1, make([]float32, 3*Rate), "track 1 is heard unless another is chosen; it is silent throughout"},
		"all silent":       {[][]byte{none, none}, 0, make([]float32, 3*Rate), "2 sound tracks, and track 1 is heard unless another is chosen; it is silent throughout"},
		"the first begins": {[][]byte{two, one}, 0, late, "it has 2 sound tracks, and track 1 is heard"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := Open(context.Background(), tracks(t, "x.mkv", c.wavs...), Options{Track: c.track})
			if err != nil {
				t.Fatal(err)
			}
			got, err := drain(t, rec)
			w := rec.Warning()
			if err != nil || len(got) != len(c.heard) || (w == nil) != (c.says == "") || w != nil && !strings.Contains(w.Error(), c.says) {
				t.Fatalf("%d samples, %v, %v", len(got), err, w)
			}
			if similarity(got, c.heard, 0, len(got)) < 70 && power(c.heard) > -100 {
				t.Error("another track is heard")
			}
		})
	}
}

func TestNoSuchTrack(t *testing.T) {
	one := sound.WAV{Data: sound.S16(sound.Sine(Rate, 440, Rate)...)}.Bytes()
	for path, says := range map[string]string{
		tracks(t, "x.mkv", one, one): "no such sound track: 3, expected 1 to 2; choose a track it has",
		write(t, "x.wav", one):       "a WAV file has one sound track, and no track 3",
	} {
		if _, err := Open(context.Background(), path, Options{Track: 3}); err == nil || !strings.Contains(err.Error(), says) {
			t.Error(err)
		}
	}
}

// TestSilentTrackThroughAPipe: a silent track in a pipe cannot be left for another one, and a warning says so.
func TestSilentTrackThroughAPipe(t *testing.T) {
	none := sound.WAV{Data: make([]byte, 3*2*Rate)}.Bytes()
	b, err := os.ReadFile(tracks(t, "x.mkv", none, sound.WAV{Data: sound.S16(sound.Sine(Rate, 440, 3*Rate)...)}.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := OpenReader(context.Background(), bytes.NewReader(b), "pipe", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := drain(t, rec); err != nil {
		t.Fatal(err)
	}
	if w := rec.Warning(); w == nil || !strings.Contains(w.Error(), "it has 2 sound tracks") || !strings.Contains(w.Error(), "silent throughout") {
		t.Error(w)
	}
}
