package training

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// tinyConfig is small enough to train in a moment.
func tinyConfig() Config {
	cfg := DefaultConfig()
	cfg.Features = features.Config{Ceps: 3, Filters: 6, LowHz: 100, HighHz: 3800, MeanPrior: 50}
	cfg.Gaussians, cfg.Eigenvoices, cfg.Eigenchannels, cfg.Augment = 6, 2, 1, 1
	cfg.UBMIterations, cfg.Iterations, cfg.OwnMean = 4, 4, 0
	return cfg
}

// tinyCorpus draws speakers that differ in one direction, in which they move
// all means, and recordings that differ in another.
func tinyCorpus(seed uint64, speakers, recordings, frames int) *Corpus {
	const d = 3
	rng := rand.New(rand.NewPCG(seed, 1))
	c := &Corpus{Dim: d, Speakers: speakers, Mean: make([]float64, d)}
	for s := range speakers {
		y := rng.NormFloat64()
		for range recordings {
			z := rng.NormFloat64()
			r := Recording{Speaker: s}
			for range frames {
				k := float64(rng.IntN(3) - 1)
				r.Frames = append(r.Frames, float32(6*k+y+0.5*rng.NormFloat64()),
					float32(3*k+0.3*z+0.5*rng.NormFloat64()), float32(-4*k-y+0.5*rng.NormFloat64()))
			}
			c.Recordings = append(c.Recordings, r)
		}
	}
	return c
}

func TestLikelihoodsRise(t *testing.T) {
	_, rep, err := Train(context.Background(), tinyCorpus(1, 30, 3, 120), tinyConfig(), Quiet{})
	if err != nil {
		t.Fatal(err)
	}
	for name, trace := range map[string][]float64{"UBM": rep.UBM, "eigenvoices": rep.Voices, "eigenchannels": rep.Channels} {
		if len(trace) != 4 {
			t.Errorf("%s: %d values, expected one per round", name, len(trace))
		}
		for i := 1; i < len(trace); i++ {
			if trace[i] < trace[i-1]-1e-6*math.Abs(trace[i-1]) {
				t.Errorf("%s: round %d falls from %v to %v", name, i, trace[i-1], trace[i])
			}
		}
	}
}

// TestFindsTheSpeakersDirection holds that the first eigenvoice points where
// the speakers were made to differ, and that unseen speakers are told apart.
func TestFindsTheSpeakersDirection(t *testing.T) {
	cfg := tinyConfig()
	cfg.Eigenvoices, cfg.Eigenchannels, cfg.Gaussians = 1, 0, 3
	m, _, err := Train(context.Background(), tinyCorpus(2, 60, 3, 150), cfg, Quiet{})
	if err != nil {
		t.Fatal(err)
	}
	for k := range 3 {
		v := m.V[k*3 : k*3+3]
		if cos := (v[0] - v[2]) / math.Sqrt(2*(v[0]*v[0]+v[1]*v[1]+v[2]*v[2])); math.Abs(cos) < 0.95 {
			t.Errorf("eigenvoice of Gaussian %d is %v, expected along (1, 0, −1)", k, v)
		}
	}
	test := tinyCorpus(3, 2, 2, 100)
	stats := make([]model.Stats, 4)
	acc, x := m.NewAccumulator(), make([]float64, 3)
	for i, r := range test.Recordings {
		acc.Reset()
		for at := 0; at < len(r.Frames); at += 3 {
			for j := range x {
				x[j] = float64(r.Frames[at+j])
			}
			acc.Add(x)
		}
		stats[i] = model.Shape{Nu: 1}.NewStats()
		acc.StatsInto(&stats[i])
	}
	c := eigenvoice.NewComparer(1)
	score := func(a, b model.Stats) float64 { return c.LogP(a, c.Evidence(a), b, c.Evidence(b)) }
	if same, other := score(stats[0], stats[1]), score(stats[0], stats[2]); same <= 0 || other >= same {
		t.Errorf("one speaker scores %v, two %v", same, other)
	}
}

func TestPosteriorAgainstInverse(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	l := newLoading(2, 2, 3)
	for i := range l.w {
		l.w[i] = rng.NormFloat64()
	}
	if err := l.prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	s := sums{n: []float32{3, 5}, f: []float32{1, -2, 4, 0.5}}
	p := newPosterior(3)
	p.of(l, s, 0.5, true)
	// J (I + D⁻¹) = I and (I + D⁻¹) mean = d, from the definitions.
	var jInv [3][3]float64
	var d [3]float64
	for r := range 4 {
		for i := range 3 {
			for j := range 3 {
				jInv[i][j] += 0.5 * float64(s.n[r/2]) * l.row(r)[i] * l.row(r)[j]
			}
			d[i] += 0.5 * float64(s.f[r]) * l.row(r)[i]
		}
	}
	at := func(i, j int) float64 { return p.cov[packed(max(i, j))+min(i, j)] }
	for i := range 3 {
		jInv[i][i]++
		var row float64
		for j := range 3 {
			row += jInv[i][j] * p.mean[j]
		}
		if math.Abs(row-d[i]) > 1e-9 {
			t.Errorf("row %d of (I + D⁻¹)·mean is %v, expected %v", i, row, d[i])
		}
	}
	for i := range 3 {
		for j := range 3 {
			var v float64
			for k := range 3 {
				v += at(i, k) * jInv[k][j]
			}
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(v-want) > 1e-9 {
				t.Errorf("J·J⁻¹ (%d, %d) is %v, expected %v", i, j, v, want)
			}
		}
	}
}

// writeVoices makes a data set of buzzing voices.
func writeVoices(t *testing.T, speakers int) []dataset.Utterance {
	t.Helper()
	dir := t.TempDir()
	var out []dataset.Utterance
	for s := range speakers {
		rng := rand.New(rand.NewPCG(uint64(s), 3))
		samples := make([]int32, 12000)
		pitch := 80 + 15*float64(s)
		for i := range samples {
			phase := math.Mod(float64(i)*pitch/16000, 1)
			samples[i] = int32(6000 * (math.Exp(-8*phase) - 0.1 + 0.05*rng.NormFloat64()))
		}
		name := filepath.Join(dir, fmt.Sprintf("%d.flac", s))
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		n := len(samples)
		enc, err := flac.NewEncoder(f, &meta.StreamInfo{BlockSizeMin: 16, BlockSizeMax: 65535, SampleRate: 16000, NChannels: 1, BitsPerSample: 16, NSamples: uint64(n)})
		if err == nil {
			err = enc.WriteFrame(&frame.Frame{
				Header:    frame.Header{BlockSize: uint16(n), SampleRate: 16000, Channels: frame.ChannelsMono, BitsPerSample: 16},
				Subframes: []*frame.Subframe{{SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: samples, NSamples: n}}})
		}
		if err == nil {
			err = enc.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, dataset.Utterance{Path: name, Corpus: "buzz", Speaker: fmt.Sprint(s), Seconds: float64(n) / 16000, Rate: 16000, Split: "train"})
	}
	return out
}

// TestRepeatable trains twice from sound and expects the same bytes.
func TestRepeatable(t *testing.T) {
	utts := writeVoices(t, 6)
	run := func() []byte {
		cfg := tinyConfig()
		ctx := context.Background()
		c, err := Extract(ctx, utts, simulate.Acoustics{}, cfg, Quiet{})
		if err != nil {
			t.Fatal(err)
		}
		m, _, err := Train(ctx, c, cfg, Quiet{})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := modelfile.Write(&b, m, modelfile.Metadata{}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if !bytes.Equal(run(), run()) {
		t.Error("the same data, settings and seed give two models")
	}
}

func TestErrors(t *testing.T) {
	cfg := tinyConfig()
	cfg.Eigenvoices = 0
	if _, _, err := Train(context.Background(), tinyCorpus(1, 5, 1, 20), cfg, Quiet{}); !errors.Is(err, ErrConfig) {
		t.Errorf("no eigenvoices: error %v, expected ErrConfig", err)
	}
	cfg = tinyConfig()
	cfg.Eigenvoices = 20
	if _, _, err := Train(context.Background(), tinyCorpus(1, 5, 1, 60), cfg, Quiet{}); !errors.Is(err, ErrConfig) {
		t.Errorf("more eigenvoices than speakers: error %v, expected ErrConfig", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Train(ctx, tinyCorpus(1, 5, 1, 60), tinyConfig(), Quiet{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	if _, err := Extract(context.Background(), []dataset.Utterance{{Path: "none.flac"}}, simulate.Acoustics{}, tinyConfig(), Quiet{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing recording: error %v", err)
	}
}
