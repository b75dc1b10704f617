package model

import "gonum.org/v1/gonum/floats"

// Stats is the pair <d, D⁻¹> of an utterance or of a cluster of utterances:
//
//	D⁻¹ = Σ_t V_k(t)ᵀ C_k(t)⁻¹ V_k(t)
//	d   = Σ_t V_k(t)ᵀ C_k(t)⁻¹ (x_t − m_k(t))
//
// both scaled by the frame correlation factor φ. With eigenchannels it is the
// pair <g, H⁻¹ − I> of the extended model, which adds up the same way.
type Stats struct {
	// N is the number of frames behind the pair, unscaled.
	N float64
	// D is d, of length ν.
	D []float64
	// DInv is D⁻¹, ν×ν and symmetric, as the rows of its lower triangle one
	// after the other: element (i, j), j ≤ i, is at i(i+1)/2 + j.
	DInv []float64
}

// NewStats returns the pair of no frames at all, for ν eigenvoices.
func NewStats(nu int) Stats {
	s := make([]float64, nu+packedLen(nu))
	return Stats{D: s[:nu:nu], DInv: s[nu:]}
}

// packedLen is the number of elements in the lower triangle of an n×n matrix.
func packedLen(n int) int { return n * (n + 1) / 2 }

// Nu returns ν, the number of eigenvoices.
func (s Stats) Nu() int { return len(s.D) }

// Add adds o to s: afterwards s is the pair of both sets of frames.
func (s *Stats) Add(o Stats) {
	s.N += o.N
	floats.Add(s.D, o.D)
	floats.Add(s.DInv, o.DInv)
}

// Sub takes o, which was added before, out of s.
func (s *Stats) Sub(o Stats) {
	s.N -= o.N
	floats.Sub(s.D, o.D)
	floats.Sub(s.DInv, o.DInv)
}

// Reset makes s the pair of no frames.
func (s *Stats) Reset() {
	s.N = 0
	clear(s.D)
	clear(s.DInv)
}

// Clone returns a copy that shares nothing with s.
func (s Stats) Clone() Stats {
	c := NewStats(s.Nu())
	c.N = s.N
	copy(c.D, s.D)
	copy(c.DInv, s.DInv)
	return c
}
