package train

import (
	"math"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/vad/internal/net"
)

// Adam is the optimiser of Kingma and Ba, "Adam: a method for stochastic
// optimization" (ICLR 2015), with gradients clipped to a norm.
type Adam struct {
	mean, square []float64
	steps        int
}

// The constants of the paper, and the norm that gradients are clipped to.
const (
	adamMean   = 0.9
	adamSquare = 0.999
	adamTiny   = 1e-8
	clipNorm   = 1
)

// NewAdam returns an optimiser of n parameters.
func NewAdam(n int) *Adam { return &Adam{mean: make([]float64, n), square: make([]float64, n)} }

// Step moves the parameters p against the gradient g, which it clears, at a rate.
func (a *Adam) Step(p, g []float32, rate float64) {
	a.steps++
	var norm float64
	for _, v := range g {
		norm += float64(v) * float64(v)
	}
	scale := 1.0
	if norm = math.Sqrt(norm); norm > clipNorm {
		scale = clipNorm / norm
	}
	c1 := 1 / (1 - math.Pow(adamMean, float64(a.steps)))
	c2 := 1 / (1 - math.Pow(adamSquare, float64(a.steps)))
	for i, v := range g {
		d := float64(v) * scale
		a.mean[i] += (1 - adamMean) * (d - a.mean[i])
		a.square[i] += (1 - adamSquare) * (d*d - a.square[i])
		p[i] -= float32(rate * a.mean[i] * c1 / (math.Sqrt(a.square[i]*c2) + adamTiny))
	}
	clear(g)
}

// Random returns weights to begin with: uniform with the variance of Glorot and
// Bengio (AISTATS 2010), biases 0 but for the update gates, whose 1 makes states last.
func Random(s net.Shape, r *rand.Rand) *net.Weights {
	w := net.View(s, make([]float32, s.Len()))
	fill := func(m []float32, in, out int) {
		a := math.Sqrt(6 / float64(in+out))
		for i := range m {
			m[i] = float32(a * (2*r.Float64() - 1))
		}
	}
	fill(w.DenseW, s.In, s.Dense)
	fill(w.InW, s.Dense, s.State)
	fill(w.RecW, s.State, s.State)
	fill(w.OutW, s.State, s.Out)
	for i := range s.State {
		w.GateB[s.State+i] = 1
	}
	return w
}
