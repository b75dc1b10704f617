package model

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Slacker gives speakers some freedom to differ from themselves. It is not
// safe for concurrent use.
type Slacker struct {
	nu  int
	eps float64
	k   []float64 // K = I + εD⁻¹, ν×ν by rows, its upper triangle; then K⁻¹
}

// NewSlacker returns a Slacker for ν eigenvoices and the variance ε, in units
// of the variance between speakers.
func NewSlacker(nu int, eps float64) *Slacker {
	return &Slacker{nu: nu, eps: eps, k: make([]float64, nu*nu)}
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
func (k *Slacker) Into(dst *Stats, s Stats) {
	dst.N = s.N
	copy(dst.D, s.D)
	copy(dst.DInv, s.DInv)
	if k.eps == 0 {
		return
	}
	n := k.nu
	for i, at := 0, 0; i < n; i++ {
		for j := 0; j <= i; j, at = j+1, at+1 {
			k.k[j*n+i] = k.eps * s.DInv[at]
		}
		k.k[i*n+i]++
	}
	sym := blas64.Symmetric{N: n, Stride: n, Data: k.k, Uplo: blas.Upper}
	chol, ok := lapack64.Potrf(sym)
	if ok {
		_, ok = lapack64.Potri(chol)
	}
	if !ok {
		return // a pair from which too much was subtracted
	}
	blas64.Symv(1, sym, blas64.Vector{N: n, Data: s.D, Inc: 1}, 0, blas64.Vector{N: n, Data: dst.D, Inc: 1})
	for i, at := 0, 0; i < n; i++ {
		for j := 0; j <= i; j, at = j+1, at+1 {
			dst.DInv[at] = -k.k[j*n+i] / k.eps
		}
		dst.DInv[at-1] += 1 / k.eps
	}
}
