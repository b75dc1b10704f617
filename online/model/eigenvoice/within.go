package eigenvoice

import (
	"github.com/seed-7adb9000/diarizer/online/model"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// WithinSpeaker adds the variance within a speaker to pairs: speakers may differ from
// themselves. It is not safe for concurrent use.
type WithinSpeaker struct {
	nu  int
	eps float64
	k   []float64 // K = I + εD⁻¹, ν×ν by rows, its lower triangle; then K⁻¹
}

// NewWithinSpeaker returns a WithinSpeaker for ν eigenvoices and the variance ε, in units
// of the variance between speakers.
func NewWithinSpeaker(nu int, eps float64) *WithinSpeaker {
	return &WithinSpeaker{nu: nu, eps: eps, k: make([]float64, nu*nu)}
}

// Into writes to dst what s says of y when the factors that made the frames
// are y + z, z ~ N(0, εI): an eigenchannel in the directions of the voices,
//
//	<K⁻¹ d, K⁻¹ D⁻¹>, K = I + εD⁻¹, K⁻¹ D⁻¹ = (I − K⁻¹)/ε.
//
// However long s is, its precision stays below 1/ε, which keeps long clusters
// from being sure of what the model cannot know. K ≥ I may be inverted without
// harm: the difference is exact to the last digits of 1/ε. dst and s must not
// share memory.
func (k *WithinSpeaker) Into(dst *model.Stats, s model.Stats) {
	dst.N = s.N
	copy(dst.D, s.D)
	copy(dst.DInv, s.DInv)
	if k.eps == 0 {
		return
	}
	n := k.nu
	for i, at := 0, 0; i < n; i, at = i+1, at+i+1 {
		floats.ScaleTo(k.k[i*n:i*n+i+1], k.eps, s.DInv[at:at+i+1])
		k.k[i*n+i]++
	}
	sym := blas64.Symmetric{N: n, Stride: n, Data: k.k, Uplo: blas.Lower}
	l, ok := lapack64.Potrf(sym)
	if !ok || !invert(l) {
		return // a pair from which too much was subtracted
	}
	gonum.Implementation{}.Dlauum(blas.Lower, n, k.k, n) // K⁻¹ = L⁻ᵀ L⁻¹
	blas64.Symv(1, sym, blas64.Vector{N: n, Data: s.D, Inc: 1}, 0, blas64.Vector{N: n, Data: dst.D, Inc: 1})
	for i, at := 0, 0; i < n; i, at = i+1, at+i+1 {
		floats.ScaleTo(dst.DInv[at:at+i+1], -1/k.eps, k.k[i*n:i*n+i+1])
		dst.DInv[at+i] += 1 / k.eps
	}
}

// invert replaces the lower triangular l by its inverse, in blocks,
//
//	(A 0; B C)⁻¹ = (A⁻¹ 0; −C⁻¹BA⁻¹ C⁻¹),
//
// as lapack64.Trtri walks down columns however large it is, and reports whether
// there is one.
func invert(l blas64.Triangular) bool {
	n := l.N
	if n <= smallBlock {
		return lapack64.Trtri(l)
	}
	h := n / 2
	a, c := l, l
	a.N = h
	c.N, c.Data = n-h, l.Data[h*(l.Stride+1):]
	b := blas64.General{Rows: n - h, Cols: h, Stride: l.Stride, Data: l.Data[h*l.Stride:]}
	if !invert(a) || !invert(c) {
		return false
	}
	blas64.Trmm(blas.Left, blas.NoTrans, -1, c, b)
	blas64.Trmm(blas.Right, blas.NoTrans, 1, a, b)
	return true
}

// smallBlock is the size up to which columns are short enough.
const smallBlock = 16
