package eigenvoice

import (
	"github.com/seed-7adb9000/diarizer/online/model"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
)

// sums are those that make an utterance's pair and its channel, over the
// Gaussians, as they are taken: in 24 bits, of which a hundred products keep
// more than the frames are worth.
type sums struct {
	t         *tables
	dim       int
	d, dInv   []float32 // d and D⁻¹, packed
	e, eInv   []float32 // e and E⁻¹, packed
	f         []float32 // F, μ×ν
	deviation []float32 // scratch, Σ γ (x − m_k) of one Gaussian
}

func newSums(t *tables, dim, nu, mu int) sums {
	return sums{t: t, dim: dim, d: make([]float32, nu), dInv: make([]float32, packedLen(nu)),
		e: make([]float32, mu), eInv: make([]float32, packedLen(mu)), f: make([]float32, mu*nu),
		deviation: make([]float32, dim)}
}

func (s *sums) reset() {
	clear(s.d)
	clear(s.dInv)
	clear(s.e)
	clear(s.eInv)
	clear(s.f)
}

// add takes in n frames of Gaussian k, each counted as w, with the sum of their
// deviations from m_k.
func (s *sums) add(k int, n, w float64, first []float64) {
	s.deviate(w, first)
	worth, nu, mu := float32(w*n), len(s.d), len(s.e)
	axpy(worth, block(s.t.vv, k, len(s.dInv)), s.dInv)
	rows(s.deviation, block(s.t.cv, k, s.dim*nu), s.d)
	if mu > 0 {
		axpy(worth, block(s.t.uu, k, len(s.eInv)), s.eInv)
		axpy(worth, block(s.t.uv, k, len(s.f)), s.f)
		rows(s.deviation, block(s.t.cu, k, s.dim*mu), s.e)
	}
}

// addMoment is add for a moment.
func (s *sums) addMoment(m *model.Moment, k int, n, w float64, first []float64) {
	s.deviate(w, first)
	axpy(float32(w*n), block(s.t.diagonal, k, len(m.DInv)), m.DInv)
	rows(s.deviation, block(s.t.cv, k, s.dim*len(m.D)), m.D)
}

// deviate sets the deviation.
func (s *sums) deviate(w float64, first []float64) {
	for i, v := range first {
		s.deviation[i] = float32(w * v)
	}
}

// rows computes y += Aᵀ x for A of len(x) rows, row after row as axpy does.
func rows(x, a, y []float32) {
	blas32.Gemv(blas.Trans, 1, blas32.General{Rows: len(x), Cols: len(y), Stride: len(y), Data: a},
		blas32.Vector{N: len(x), Data: x, Inc: 1}, 1, blas32.Vector{N: len(y), Data: y, Inc: 1})
}

// widen writes src to dst.
func widen(dst []float64, src []float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = float64(v)
	}
}
