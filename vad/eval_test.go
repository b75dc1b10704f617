package vad_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/vad"
	"github.com/seed-7adb9000/diarizer/vad/internal/lab"
)

// dataDir returns the directory of recordings with references, which is not part
// of the project.
func dataDir(t testing.TB) string {
	dir := os.Getenv("DIARIZER_DATA")
	if dir == "" {
		t.Skip("DIARIZER_DATA is not set: it names a directory with dev/*.flac, dev/*.rttm and noise/*.flac")
	}
	return dir
}

// detect runs a detector over x and returns whether each frame is speech.
func detect(t testing.TB, cfg vad.Config, x []float32) []bool {
	d, err := vad.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]bool, 0, len(x)/vad.Hop+1)
	for _, dec := range d.Flush(d.Push(nil, x)) {
		out = append(out, dec.Speech)
	}
	return out
}

func scaled(x []float32, gain float32) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = gain * v
	}
	return y
}

// TestDev prints the error on the recordings of DIARIZER_DATA/dev, by file and by
// group (the part of the name before the first underscore), and at low levels.
func TestDev(t *testing.T) {
	dir := dataDir(t)
	names, err := filepath.Glob(filepath.Join(dir, "dev", "*.flac"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no recordings in %s/dev (%v)", dir, err)
	}
	groups := map[string]*lab.Errors{}
	var order []string
	add := func(name string, e lab.Errors) {
		if groups[name] == nil {
			groups[name] = new(lab.Errors)
			order = append(order, name)
		}
		groups[name].Add(e)
	}
	for _, name := range names {
		x, err := lab.ReadFLAC(name)
		if err != nil {
			t.Fatal(err)
		}
		ref, err := lab.ReadSpeech(strings.TrimSuffix(name, ".flac")+".rttm", len(x)/vad.Hop)
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(filepath.Base(name), ".flac")
		group, _, _ := strings.Cut(base, "_")
		e := lab.Compare(ref, detect(t, vad.Config{}, x))
		t.Logf("%-20s %v", base, e)
		add(group, e)
		add("all", e)
		for _, c := range []struct {
			label string
			gain  float32
		}{{"30 dB down", 0.0316}, {"45 dB down", 0.0056}, {"20 dB up", 10}} {
			e := lab.Compare(ref, detect(t, vad.Config{}, scaled(x, c.gain)))
			add("all "+c.label, e)
			add(group+" "+c.label, e)
		}
	}
	for _, name := range order {
		t.Logf("%-20s %v", name, *groups[name])
	}
}

// TestNoise prints how much of each recording of DIARIZER_DATA/noise is taken for
// speech.
func TestNoise(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(dataDir(t), "noise", "*.flac"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		x, err := lab.ReadFLAC(name)
		if err != nil {
			t.Fatal(err)
		}
		n, hyp := 0, detect(t, vad.Config{}, x)
		for _, s := range hyp {
			if s {
				n++
			}
		}
		t.Logf("%-20s %5.1f %% of %.1f s", filepath.Base(name), 100*float64(n)/float64(len(hyp)), float64(len(hyp))/100)
	}
}

// TestComposed prints the error on clips composed of the voices of split "sim",
// scene by scene, and how much of the clips without speech is taken for speech.
func TestComposed(t *testing.T) {
	corpus, err := lab.Load(dataDir(t), "sim")
	if err != nil {
		t.Fatal(err)
	}
	c := lab.Composer{Corpus: corpus, Seconds: 30}
	const clips = 20
	for i, scene := range lab.Scenes {
		var sum lab.Errors
		for k := range uint64(clips) {
			clip := c.Compose(scene, 1000*uint64(i)+k)
			sum.Add(lab.Compare(clip.Speech, detect(t, vad.Config{}, clip.Samples)))
		}
		if sum.Speech == 0 {
			t.Logf("%-20s taken for speech %5.1f %% of %.0f s", scene, 100*float64(sum.FalseAlarms)/float64(sum.Frames), float64(sum.Frames)/100)
			continue
		}
		t.Logf("%-20s %v", scene, sum)
	}
}
