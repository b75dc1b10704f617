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

// mean writes ŷ = J d of the pair whose evidence was computed last to dst: the
// solution of Lᵀ ŷ = w.
func (c *Comparer) mean(dst []float64) {
	copy(dst, c.w)
	for i := len(dst) - 1; i >= 0; i-- {
		row := c.chl[i*(i+1)/2:][:i+1]
		dst[i] /= row[i]
		floats.AddScaled(dst[:i], -dst[i], row[:i])
	}
}

// factorize replaces D⁻¹, packed in chl, by the L of I + D⁻¹ = L Lᵀ, and d by
// the w of L w = d, and returns Σ log L_ii. It is most of the work of a stream
// with many utterances, so it takes two rows and two columns at a time: every
// value that is loaded then serves two products.
func factorize(chl, d []float64) float64 {
	pivots := newProduct()
	i := 0
	for ; i+1 < len(d); i += 2 {
		a := chl[i*(i+1)/2:][:i+1]
		b := chl[(i+1)*(i+2)/2:][:i+2]
		for j, row := 0, 0; j < i; j, row = j+2, row+2*j+3 {
			p, q := chl[row:][:j+1], chl[row+j+1:][:j+2]
			pa, pb, qa, qb := dots(p[:j], q[:j], a[:j], b[:j])
			a[j] = (a[j] - pa) / p[j]
			b[j] = (b[j] - pb) / p[j]
			a[j+1] = (a[j+1] - qa - q[j]*a[j]) / q[j+1]
			b[j+1] = (b[j+1] - qb - q[j]*b[j]) / q[j+1]
		}
		// The block on the diagonal, with the two elements of w beside it.
		aa, ab, wa, wb := dots(a[:i], d[:i], a[:i], b[:i])
		x := pivot(a[i] - aa)
		y := (b[i] - ab) / x
		z := pivot(b[i+1] - floats.Dot(b[:i], b[:i]) - y*y)
		a[i], b[i], b[i+1] = x, y, z
		d[i] = (d[i] - wa) / x
		d[i+1] = (d[i+1] - wb - y*d[i]) / z
		pivots.times(x * z)
	}
	if i < len(d) {
		a := chl[i*(i+1)/2:][:i+1]
		for j, row := 0, 0; j < i; j, row = j+1, row+j+1 {
			a[j] = (a[j] - floats.Dot(a[:j], chl[row:row+j])) / chl[row+j]
		}
		a[i] = pivot(a[i] - floats.Dot(a[:i], a[:i]))
		d[i] = (d[i] - floats.Dot(a[:i], d[:i])) / a[i]
		pivots.times(a[i])
	}
	return pivots.log()
}

// pivot returns L_ii for the remainder of the diagonal of D⁻¹. J⁻¹ ≥ I, so it
// is at least 1 but for rounding.
func pivot(rest float64) float64 { return math.Sqrt(max(1+rest, minPivot)) }

// dots returns pᵀa, pᵀb, qᵀa and qᵀb of vectors of one length.
func dots(p, q, a, b []float64) (pa, pb, qa, qb float64) {
	q, a, b = q[:len(p)], a[:len(p)], b[:len(p)]
	for k, x := range p {
		y, u, v := q[k], a[k], b[k]
		pa += x * u
		pb += x * v
		qa += y * u
		qb += y * v
	}
	return pa, pb, qa, qb
}

// minPivot keeps a pair from which too much was subtracted finite.
const minPivot = 1e-9
