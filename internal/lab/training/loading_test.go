package training

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// TestAlignedEigenvoices turns random eigenvoices: the D⁻¹ of a frame on
// average becomes diagonal, the largest first, and V Vᵀ stays what it is.
func TestAlignedEigenvoices(t *testing.T) {
	const size, dim, rank = 4, 3, 5
	rng := rand.New(rand.NewPCG(5, 1))
	l := newLoading(size, dim, rank)
	for i := range l.w {
		l.w[i] = rng.NormFloat64()
	}
	weights := []float64{0.1, 0.2, 0.3, 0.4}
	covariance := func() *mat.Dense {
		w := mat.NewDense(size*dim, rank, l.w)
		var c mat.Dense
		c.Mul(w, w.T())
		return &c
	}
	before := covariance()
	if err := l.align(weights); err != nil {
		t.Fatal(err)
	}
	if !mat.EqualApprox(before, covariance(), 1e-9) {
		t.Error("the covariance between speakers has changed")
	}
	last := math.Inf(1)
	for i := range rank {
		for j := range rank {
			var sum float64
			for r := range size * dim {
				sum += weights[r/dim] * l.row(r)[i] * l.row(r)[j]
			}
			if i != j && math.Abs(sum) > 1e-9 {
				t.Errorf("element %d, %d of the mean D⁻¹ is %v", i, j, sum)
			}
			if i == j {
				if sum > last {
					t.Errorf("direction %d says %v, the one before %v", i, sum, last)
				}
				last = sum
			}
		}
	}
	l.w[3] = math.NaN()
	if l.align(weights) == nil {
		t.Error("eigenvoices that are not numbers have principal directions")
	}
}

// TestSaturationIsTheModels holds that a recording's sums say of the speaker in
// training what its pair says of them at run time.
func TestSaturationIsTheModels(t *testing.T) {
	cfg := tinyConfig()
	cfg.Eigenchannels, cfg.Chunk, cfg.TrainOffsetVariance, cfg.OffsetVariance = 0, 60, 0.8, 0.8
	cfg.Phi = cfg.TrainPhi
	c := tinyCorpus(3, 12, 1, 200)
	m, _, err := Train(context.Background(), c, cfg, Quiet{})
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := collect(context.Background(), c, m, cfg.Chunk, Quiet{})
	if err != nil {
		t.Fatal(err)
	}
	l := newLoading(cfg.Gaussians, c.Dim, cfg.Eigenvoices)
	for r, v := range m.Vars {
		for j := range m.Nu {
			l.row(r)[j] = m.V[r*m.Nu+j] / math.Sqrt(v)
		}
	}
	if err := l.prepare(context.Background()); err != nil {
		t.Fatal(err)
	}
	acc := m.NewAccumulator()
	x := make([]float64, c.Dim)
	for i, r := range c.Recordings {
		acc.Reset()
		for at := 0; at < len(r.Frames); at += c.Dim {
			for j := range x {
				x[j] = float64(r.Frames[at+j])
			}
			acc.Add(x)
		}
		s := m.Shape().NewStats()
		acc.StatsInto(&s)
		want := eigenvoice.NewComparer(m.Nu).Evidence(s)
		p := newPosterior(m.Nu)
		chunks[i].saturate(cfg.TrainOffsetVariance * cfg.TrainPhi)
		p.of(l, chunks[i], cfg.TrainPhi, false)
		if math.Abs(p.evidence-want) > 1e-4*(1+math.Abs(want)) {
			t.Errorf("recording %d: evidence %v in training, %v at run time", i, p.evidence, want)
		}
	}
}
