package model

import "math"

// Kept is a pair in half of its memory, its numbers rounded to 24 bits: what a
// stream remembers of an utterance. Sums of many of them, made in the 53 bits
// of [Stats], are as good as exact, and taking one out of a sum leaves what the
// sum was without it.
type Kept struct {
	// N is the number of frames, as in Stats.
	N float64
	// Pair is d and after it D⁻¹, packed: ν + ν(ν+1)/2 numbers.
	Pair []float32
}

// Keep returns s to be kept.
func (s Stats) Keep() Kept {
	k := Kept{N: s.N, Pair: make([]float32, 0, KeptLen(s.Nu()))}
	for _, part := range [...][]float64{s.D, s.DInv} {
		for _, v := range part {
			k.Pair = append(k.Pair, float32(v))
		}
	}
	return k
}

// Stats returns the pair, for ν eigenvoices, in memory of its own.
func (k Kept) Stats() Stats {
	s := NewStats(k.nu())
	s.AddKept(k)
	return s
}

// AddKept adds k to s.
func (s *Stats) AddKept(k Kept) {
	s.N += k.N
	for i := range s.D {
		s.D[i] += float64(k.Pair[i])
	}
	packed := k.Pair[len(s.D):]
	for i := range s.DInv {
		s.DInv[i] += float64(packed[i])
	}
}

// KeptLen is the length of Pair for ν eigenvoices.
func KeptLen(nu int) int { return nu + packedLen(nu) }

// nu returns ν, the solution of ν + ν(ν+1)/2 = len(k.Pair).
func (k Kept) nu() int { return int(math.Round((math.Sqrt(float64(9+8*len(k.Pair))) - 3) / 2)) }
