package baselines

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// Mixture is what CLR keeps of a cluster: the occupations of the UBM's Gaussians
// and the sums of the frames around their means.
type Mixture struct {
	n     []float64 // M
	first []float64 // M×d, in units of each Gaussian's standard deviation

	shift  []float64 // δ_k, the adapted means less the UBM's, likewise
	square []float64 // |δ_k|²
	own    float64   // what the adaptation adds to the log likelihood of the frames
	known  bool      // shift, square and own are those of the sums
}

// Add adds o's frames.
func (c *Mixture) Add(o *Mixture) { c.add(1, o) }

// Sub takes o's frames out.
func (c *Mixture) Sub(o *Mixture) { c.add(-1, o) }

func (c *Mixture) add(w float64, o *Mixture) {
	floats.AddScaled(c.n, w, o.n)
	floats.AddScaled(c.first, w, o.first)
	c.known = false
}

// Clone returns a copy.
func (c *Mixture) Clone() *Mixture {
	out := newMixture(len(c.n), len(c.first))
	copy(out.n, c.n)
	copy(out.first, c.first)
	return out
}

func newMixture(size, rows int) *Mixture {
	s := make([]float64, 2*size+2*rows)
	return &Mixture{n: s[:size], square: s[size : 2*size], first: s[2*size : 2*size+rows], shift: s[2*size+rows:]}
}

// CrossLikelihood compares by the cross likelihood ratio
//
//	CLR = log P(X_A | λ_B) − log P(X_A | λ_A) + log P(X_B | λ_A) − log P(X_B | λ_B)
//
// where λ is the UBM with its means adapted to the cluster by MAP (Reynolds,
// Quatieri & Dunn, 2000). The likelihood of a frame is that of frame and
// Gaussian together, the frame divided among the Gaussians by the UBM, as the
// closed form has it too: the ratio then follows from sums over the frames,
//
//	log P(X | λ) − log P(X | UBM) = Σ_k f_kᵀ C_k⁻¹ δ_k − ½ n_k δ_kᵀ C_k⁻¹ δ_k.
type CrossLikelihood struct {
	// PerFrame divides each side by its number of frames.
	PerFrame bool

	root []float64 // 1/√ of the UBM's variances
}

// relevance is how many frames the UBM's means weigh in the adaptation.
const relevance = 16

// NewCrossLikelihood returns a comparison by mixtures adapted from m's UBM.
func NewCrossLikelihood(m *eigenvoice.Model, perFrame bool) *CrossLikelihood {
	x := &CrossLikelihood{PerFrame: perFrame, root: make([]float64, len(m.Vars))}
	for i, v := range m.Vars {
		x.root[i] = 1 / math.Sqrt(v)
	}
	return x
}

// Utterance takes the alignment over.
func (x *CrossLikelihood) Utterance(u Utterance) *Mixture {
	c := newMixture(len(u.Counts), len(u.First))
	copy(c.n, u.Counts)
	floats.MulTo(c.first, u.First, x.root)
	return c
}

// Score returns the CLR.
func (x *CrossLikelihood) Score(a, b *Mixture) float64 {
	x.adapt(a)
	x.adapt(b)
	ab, ba := gain(a, b)-a.own, gain(b, a)-b.own
	if x.PerFrame {
		ab, ba = ab/max(1, floats.Sum(a.n)), ba/max(1, floats.Sum(b.n))
	}
	return ab + ba
}

// gain is log P(X_a | λ_b) − log P(X_a | UBM).
func gain(a, b *Mixture) float64 {
	return floats.Dot(a.first, b.shift) - floats.Dot(a.n, b.square)/2
}

// adapt moves the means, δ_k = f_k / (n_k + r).
func (x *CrossLikelihood) adapt(c *Mixture) {
	if c.known {
		return
	}
	d := len(c.first) / len(c.n)
	for k, n := range c.n {
		shift := c.shift[k*d : (k+1)*d]
		floats.ScaleTo(shift, 1/(n+relevance), c.first[k*d:(k+1)*d])
		c.square[k] = floats.Dot(shift, shift)
	}
	c.known = true
	c.own = gain(c, c)
}
