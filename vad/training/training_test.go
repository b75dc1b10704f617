package training

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/seed-7adb9000/diarizer/vad"
	"github.com/seed-7adb9000/diarizer/vad/internal/front"
	"github.com/seed-7adb9000/diarizer/vad/internal/lab"
	"github.com/seed-7adb9000/diarizer/vad/internal/net"
)

// voice is n samples of tones with overtones, in syllables.
func voice(n int, hz float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		t := float64(i) / lab.Rate
		for h := range 8 {
			x[i] += float32(0.05 * math.Sin(math.Pi*math.Mod(t, 0.2)/0.2) * math.Sin(2*math.Pi*hz*float64(h+1)*t))
		}
	}
	return x
}

// The network is trained on the inputs that the detector gives it, and on labels of
// the frames that the detector takes its outputs to be about.
func TestSequenceIsWhatTheDetectorSees(t *testing.T) {
	h, w, err := net.Default()
	if err != nil {
		t.Fatal(err)
	}
	clip := lab.Clip{Samples: voice(3*lab.Rate, 120)}
	clear(clip.Samples[lab.Rate : 2*lab.Rate])
	clip.Speech = make([]bool, len(clip.Samples)/front.Hop)
	clip.Speech[100], clip.Speech[201] = true, true
	s := sequence(clip, h.Delay)
	d, err := vad.New(vad.Config{})
	if err != nil {
		t.Fatal(err)
	}
	decisions := d.Flush(d.Push(nil, clip.Samples))
	cell := net.NewCell(w)
	for k := range s.Y {
		z := cell.Step(s.X[k*front.Size : (k+1)*front.Size])[0]
		at := k*h.Step - h.Delay
		if at < 0 {
			if s.Weight[k] != 0 {
				t.Fatalf("step %d has weight %v before the first frame", k, s.Weight[k])
			}
			continue
		}
		var y float32
		for i := range h.Step {
			if decisions[at+i].Score != z {
				t.Fatalf("frame %d: score %v, the sequence gives %v", at+i, decisions[at+i].Score, z)
			}
			if clip.Speech[at+i] {
				y += 1 / float32(h.Step)
			}
		}
		if s.Y[k] != y || s.Weight[k] != 1 {
			t.Fatalf("step %d: target %v with weight %v, want %v with 1", k, s.Y[k], s.Weight[k], y)
		}
	}
}

// recordings writes a corpus of made-up voices in the layout that Run reads.
func recordings(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	manifest := "path\tcorpus\tspeaker\trate\tlicence\tsplit\n"
	for k := range 4 {
		name := fmt.Sprintf("v%d.flac", k)
		manifest += fmt.Sprintf("%s\tmade up\ts%d\t16000\tCC0\ttrain\n", name, k)
		writeFLAC(t, filepath.Join(dir, "train", name), voice(3*lab.Rate, 100+30*float64(k)))
	}
	writeFLAC(t, filepath.Join(dir, "noise", "hiss.flac"), voice(lab.Rate, 1000))
	if err := os.WriteFile(filepath.Join(dir, "train", "manifest.tsv"), []byte(manifest), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeFLAC(t *testing.T, name string, x []float32) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	samples := make([]int32, len(x))
	for i, v := range x {
		samples[i] = int32(v * 32767)
	}
	enc, err := flac.NewEncoder(f, &meta.StreamInfo{BlockSizeMin: 16, BlockSizeMax: 65535,
		SampleRate: lab.Rate, NChannels: 1, BitsPerSample: 16, NSamples: uint64(len(x))})
	if err != nil {
		t.Fatal(err)
	}
	err = enc.WriteFrame(&frame.Frame{
		Header:    frame.Header{BlockSize: uint16(len(x)), SampleRate: lab.Rate, Channels: frame.ChannelsMono, BitsPerSample: 16},
		Subframes: []*frame.Subframe{{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: samples, NSamples: len(x)}}})
	if err := errors.Join(err, enc.Close()); err != nil {
		t.Fatal(err)
	}
}

type counter map[string]int

func (c counter) Start(stage string, steps int) func(int) {
	c[stage] -= steps
	return func(n int) { c[stage] += n }
}

func TestRunIsRepeatable(t *testing.T) {
	dir := recordings(t)
	c := Config{Clips: width, Seconds: 4, Epochs: 2, Dense: 4, State: 4, Delay: 10, Rate: 0.01, Seed: 3}
	run := func(c Config) []byte {
		count := counter{}
		b, err := Run(context.Background(), dir, c, "as a test does", count)
		if err != nil {
			t.Fatal(err)
		}
		if len(count) != 2 || count["clips"] != 0 || count["epochs"] != 0 {
			t.Errorf("steps told and not done: %v", count)
		}
		return b
	}
	a := run(c)
	h, w, err := net.Read(a)
	if err != nil {
		t.Fatal(err)
	}
	if h.Delay != 10 || w.Shape.State != 4 || h.Command != "as a test does" || len(h.Data) != 1 || h.Data[0] != "made up, 4 speakers, CC0" {
		t.Errorf("header %+v", h)
	}
	if !bytes.Equal(a, run(c)) {
		t.Error("the same seed gives another file")
	}
	if c.Seed++; bytes.Equal(a, run(c)) {
		t.Error("another seed gives the same file")
	}
}

func TestRunRefuses(t *testing.T) {
	c := DefaultConfig()
	c.Clips = 1
	if _, err := Run(context.Background(), t.TempDir(), c, "", counter{}); !errors.Is(err, ErrConfig) {
		t.Errorf("one clip: %v", err)
	}
	if _, err := Run(context.Background(), t.TempDir(), DefaultConfig(), "", counter{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no recordings: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, recordings(t), DefaultConfig(), "", counter{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
