package model

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Comparer computes evidences and comparisons for ν eigenvoices. It owns the
// working memory, so that no comparison allocates; it is not safe for
// concurrent use.
type Comparer struct {
	nu  int
	chl []float64 // L, packed as Stats.DInv
	w   []float64
}

// NewComparer returns a Comparer for ν eigenvoices.
func NewComparer(nu int) *Comparer {
	return &Comparer{nu: nu, chl: make([]float64, packedLen(nu)), w: make([]float64, nu)}
}

// Evidence returns the log evidence of s, up to terms that cancel in a
// comparison:
//
//	E = −½ log|J⁻¹| + ½ dᵀ J d = ½ wᵀw − Σ_i log L_ii
//
// where J⁻¹ = I + D⁻¹ = L Lᵀ and L w = d. It costs ν³/6 multiplications. The
// evidence of no frames is 0.
func (c *Comparer) Evidence(s Stats) float64 {
	copy(c.chl, s.DInv)
	copy(c.w, s.D)
	return c.evidence()
}

// LogP returns the closed form of the comparison,
//
//	log P(H1 | A, B) + log W = E(a ⊕ b) − E(a) − E(b)
//
// for the statistics a and b and their evidences. W, the population, only
// shifts the threshold and is left to the caller.
func (c *Comparer) LogP(a Stats, ea float64, b Stats, eb float64) float64 {
	floats.AddTo(c.chl, a.DInv, b.DInv)
	floats.AddTo(c.w, a.D, b.D)
	return c.evidence() - ea - eb
}

// evidence factorises I plus the D⁻¹ held in c.chl in place and solves for the
// d held in c.w.
func (c *Comparer) evidence() float64 {
	logDet := factorize(c.chl, c.w)
	return floats.Dot(c.w, c.w)/2 - logDet
}

// factorize replaces D⁻¹, packed in chl, by the L of I + D⁻¹ = L Lᵀ, and d by
// the w of L w = d, and returns Σ log L_ii. It goes row by row, so that every
// inner loop runs over neighbours.
func factorize(chl, d []float64) float64 {
	var logDet float64
	for i, row := 0, 0; i < len(d); i, row = i+1, row+i+1 {
		li := chl[row : row+i+1]
		for j, rowJ := 0, 0; j < i; j, rowJ = j+1, rowJ+j+1 {
			lj := chl[rowJ : rowJ+j+1]
			li[j] = (li[j] - floats.Dot(li[:j], lj[:j])) / lj[j]
		}
		// J⁻¹ ≥ I, so the pivot is at least 1 but for rounding.
		pivot := math.Sqrt(max(1+li[i]-floats.Dot(li[:i], li[:i]), minPivot))
		li[i] = pivot
		d[i] = (d[i] - floats.Dot(li[:i], d[:i])) / pivot
		logDet += math.Log(pivot)
	}
	return logDet
}

// minPivot keeps a pair from which too much was subtracted finite.
const minPivot = 1e-9
