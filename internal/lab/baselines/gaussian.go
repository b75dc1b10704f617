package baselines

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// Gaussian is what single-Gaussian methods keep of a cluster: the number of its
// frames, their sum and the sum of their squares.
type Gaussian struct {
	n     float64
	sum   []float64 // d
	outer []float64 // Σ x xᵀ, the rows of the lower triangle one after the other

	logLikelihood float64
	known         bool // logLikelihood is that of the sums
}

// Add adds o's frames.
func (g *Gaussian) Add(o *Gaussian) { g.add(1, o) }

// Sub takes o's frames out.
func (g *Gaussian) Sub(o *Gaussian) { g.add(-1, o) }

func (g *Gaussian) add(w float64, o *Gaussian) {
	g.n += w * o.n
	floats.AddScaled(g.sum, w, o.sum)
	floats.AddScaled(g.outer, w, o.outer)
	g.known = false
}

// Clone returns a copy.
func (g *Gaussian) Clone() *Gaussian {
	c := *g
	c.sum, c.outer = append([]float64(nil), g.sum...), append([]float64(nil), g.outer...)
	return &c
}

// Gaussians compares by single Gaussians of full covariance:
//
//	GLR   = log P(X_A, X_B | λ_AB) − log P(X_A | λ_A) − log P(X_B | λ_B)
//	score = GLR + α/2 · P · log(n_A + n_B),  P = d + d(d + 1)/2
//
// λ being the Gaussian of the frames' own mean and covariance. With α = 0 the
// score is the GLR; otherwise it is the BIC of one speaker less that of two, and
// 0 its natural threshold.
type Gaussians struct {
	// Alpha is α, the weight of the penalty for parameters.
	Alpha float64

	dim, used int
	floor     []float64
	cov, inv  *mat.SymDense
	chol      mat.Cholesky
	both      *Gaussian
}

// varianceFloor is added to a Gaussian's variances, in units of the variance of
// all speech: fewer frames than features have a covariance without inverse.
const varianceFloor = 0.01

// NewGaussians returns a comparison by the first used features of m's frames.
func NewGaussians(m *eigenvoice.Model, used int, alpha float64) *Gaussians {
	g := &Gaussians{Alpha: alpha, dim: m.Dim(), used: used, floor: make([]float64, used),
		cov: mat.NewSymDense(used, nil), inv: mat.NewSymDense(used, nil), both: newGaussian(used)}
	for i := range used { // the variance of the whole mixture
		var first, second float64
		for k, w := range m.Weights {
			mean := m.Means[k*g.dim+i]
			first += w * mean
			second += w * (mean*mean + m.Vars[k*g.dim+i])
		}
		g.floor[i] = varianceFloor * (second - first*first)
	}
	return g
}

func newGaussian(d int) *Gaussian {
	return &Gaussian{sum: make([]float64, d), outer: make([]float64, d*(d+1)/2)}
}

// Utterance sums the frames as extracted.
func (g *Gaussians) Utterance(u Utterance) *Gaussian {
	c := newGaussian(g.used)
	for at := 0; at < len(u.Frames); at += g.dim {
		x := u.Frames[at : at+g.used]
		c.n++
		floats.Add(c.sum, x)
		for i, row := 0, 0; i < g.used; i, row = i+1, row+i+1 {
			floats.AddScaled(c.outer[row:row+i+1], x[i], x[:i+1])
		}
	}
	return c
}

// Score returns the GLR, or the negative BIC distance.
func (g *Gaussians) Score(a, b *Gaussian) float64 {
	g.both.n = a.n + b.n
	floats.AddTo(g.both.sum, a.sum, b.sum)
	floats.AddTo(g.both.outer, a.outer, b.outer)
	g.both.known = false
	p := float64(g.used) + float64(g.used*(g.used+1))/2
	return g.likelihood(g.both) - (g.likelihood(a) + g.likelihood(b)) + g.Alpha/2*p*math.Log(max(g.both.n, 1))
}

// likelihood returns the log likelihood of the frames of c under their own
// Gaussian, whose covariance is Σ = S + F for that of the frames S and the
// floor F: −n/2 (d log 2π + log |Σ| + tr Σ⁻¹S), with tr Σ⁻¹S = d − tr Σ⁻¹F.
func (g *Gaussians) likelihood(c *Gaussian) float64 {
	if c.known {
		return c.logLikelihood
	}
	c.known, c.logLikelihood = true, 0
	if c.n < 0.5 {
		return 0 // of no frames
	}
	for i, at := 0, 0; i < g.used; i++ {
		for j := 0; j <= i; j, at = j+1, at+1 {
			v := (c.outer[at] - c.sum[i]*c.sum[j]/c.n) / c.n
			if i == j {
				v = max(v, 0) + g.floor[i]
			}
			g.cov.SetSym(i, j, v)
		}
	}
	// The floor keeps Σ far from singular; rounding after subtractions could
	// still leave it so, and such a cluster fits nothing.
	if !g.chol.Factorize(g.cov) || g.chol.InverseTo(g.inv) != nil {
		c.logLikelihood = math.Inf(-1)
		return c.logLikelihood
	}
	d := float64(g.used)
	trace := d
	for i, f := range g.floor {
		trace -= f * g.inv.At(i, i)
	}
	c.logLikelihood = -c.n / 2 * (d*math.Log(2*math.Pi) + g.chol.LogDet() + trace)
	return c.logLikelihood
}
