package model

import "gonum.org/v1/gonum/floats"

// Stats is the pair <d, D⁻¹> of an utterance or of a cluster of utterances:
//
//	D⁻¹ = Σ_t V_k(t)ᵀ C_k(t)⁻¹ V_k(t)
//	d   = Σ_t V_k(t)ᵀ C_k(t)⁻¹ (x_t − m_k(t))
//
// both scaled by the frame correlation factor φ. With eigenchannels it is the
// pair <g, H⁻¹ − I> of the extended model, and with a network that of an
// embedding; both add up the same way.
type Stats struct {
	// N is the number of frames behind the pair, unscaled.
	N float64
	// D is d, of length ν.
	D []float64
	// DInv is D⁻¹ as its [Shape] has it: the rows of its lower triangle one
	// after the other, element (i, j), j ≤ i, at i(i+1)/2 + j; or its diagonal.
	DInv []float64
}

// Shape is what the pairs of a model look like.
type Shape struct {
	// Nu is ν, the number of speaker factors.
	Nu int
	// Diagonal says that D⁻¹ is diagonal, and that only its diagonal is kept.
	Diagonal bool
}

// precisions is how many elements of D⁻¹ are kept.
func (s Shape) precisions() int {
	if s.Diagonal {
		return s.Nu
	}
	return s.Nu * (s.Nu + 1) / 2
}

// NewStats returns the pair of no frames at all.
func (s Shape) NewStats() Stats {
	x := make([]float64, s.KeptLen())
	return Stats{D: x[:s.Nu:s.Nu], DInv: x[s.Nu:]}
}

// NewVoice returns the voice of no sound.
func (s Shape) NewVoice() Voice { return Voice{Stats: s.NewStats()} }

// Add adds o to s: afterwards s is the pair of both sets of frames.
func (s *Stats) Add(o Stats) {
	s.N += o.N
	floats.Add(s.D, o.D)
	floats.Add(s.DInv, o.DInv)
}

// AddPart adds a part of o to s. The part is between 0 and 1.
func (s *Stats) AddPart(o Stats, part float64) {
	if part == 0 {
		return
	}
	s.N += part * o.N
	floats.AddScaled(s.D, part, o.D)
	floats.AddScaled(s.DInv, part, o.DInv)
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
	x := make([]float64, len(s.D)+len(s.DInv))
	c := Stats{N: s.N, D: x[:len(s.D):len(s.D)], DInv: x[len(s.D):]}
	copy(c.D, s.D)
	copy(c.DInv, s.DInv)
	return c
}
