package eigenvoice

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/gonum"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Comparer computes evidences and comparisons for ν eigenvoices. It owns the
// working memory, so that no comparison allocates; it is not safe for
// concurrent use.
type Comparer struct {
	l blas64.Triangular // L, ν×ν
	w blas64.Vector
}

// NewComparer returns a Comparer for ν eigenvoices.
func NewComparer(nu int) *Comparer {
	return &Comparer{
		l: blas64.Triangular{N: nu, Stride: max(nu, 1), Data: make([]float64, nu*nu), Uplo: blas.Lower, Diag: blas.NonUnit},
		w: blas64.Vector{N: nu, Data: make([]float64, nu), Inc: 1},
	}
}

// Evidence returns the log evidence of s, up to terms that cancel in a
// comparison:
//
//	E = −½ log|J⁻¹| + ½ dᵀ J d = ½ wᵀw − Σ_i log L_ii
//
// where J⁻¹ = I + D⁻¹ = L Lᵀ and L w = d. It costs ν³/6 multiplications. The
// evidence of no frames is 0.
func (c *Comparer) Evidence(s model.Stats) float64 {
	return c.evidence(func() {
		copy(c.w.Data, s.D)
		for i, at := 0, 0; i < c.l.N; i, at = i+1, at+i+1 {
			copy(c.row(i), s.DInv[at:at+i+1])
		}
	})
}

// LogP returns the closed form of the comparison,
//
//	log P(H1 | A, B) + log W = E(a ⊕ b) − E(a) − E(b)
//
// for the statistics a and b and their evidences. W, the population, only
// shifts the threshold and is left to the caller.
func (c *Comparer) LogP(a model.Stats, ea float64, b model.Stats, eb float64) float64 {
	sum := c.evidence(func() {
		floats.AddTo(c.w.Data, a.D, b.D)
		for i, at := 0, 0; i < c.l.N; i, at = i+1, at+i+1 {
			floats.AddTo(c.row(i), a.DInv[at:at+i+1], b.DInv[at:at+i+1])
		}
	})
	return sum - ea - eb
}

// row is the part of row i that counts in a lower triangle.
func (c *Comparer) row(i int) []float64 { return c.l.Data[i*c.l.Stride:][:i+1] }

// evidence returns the log evidence of the pair that load writes to c.l and c.w.
// J⁻¹ ≥ I, so that there is an L; a pair from which too much was subtracted is
// stiffened until there is.
func (c *Comparer) evidence(load func()) float64 {
	for ridge := 1.0; ridge <= stiffest; ridge *= 10 {
		load()
		for i := range c.l.N {
			c.row(i)[i] += ridge
		}
		// A matrix this small is done before blocks would help.
		if !(gonum.Implementation{}).Dpotf2(blas.Lower, c.l.N, c.l.Data, c.l.Stride) {
			continue
		}
		blas64.Trsv(blas.NoTrans, c.l, c.w)
		logDet := newProduct()
		for i := range c.l.N {
			logDet.times(c.row(i)[i])
		}
		return blas64.Dot(c.w, c.w)/2 - logDet.log()
	}
	return math.NaN() // no numbers
}

// stiffest is as far as evidence goes.
const stiffest = 1e12

// mean writes ŷ = J d of the pair whose evidence was computed last to dst: the
// solution of Lᵀ ŷ = w.
func (c *Comparer) mean(dst []float64) {
	copy(dst, c.w.Data)
	blas64.Trsv(blas.Trans, c.l, blas64.Vector{N: len(dst), Data: dst, Inc: 1})
}
