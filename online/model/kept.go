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
func (s *Stats) AddKept(k Kept) { s.addKept(1, k) }

// SubKept takes k, which was added before, out of s.
func (s *Stats) SubKept(k Kept) { s.addKept(-1, k) }

func (s *Stats) addKept(sign float64, k Kept) {
	s.N += sign * k.N
	for _, part := range [...]struct {
		dst []float64
		src []float32
	}{{s.D, k.Pair[:len(s.D)]}, {s.DInv, k.Pair[len(s.D):]}} {
		dst := part.dst[:len(part.src)]
		for i, v := range part.src {
			dst[i] += sign * float64(v)
		}
	}
}

// KeptLen is the length of Pair for ν eigenvoices.
func KeptLen(nu int) int { return nu + packedLen(nu) }

// nu returns ν, of which ν + ν(ν+1)/2 numbers are.
func (k Kept) nu() int { return int(math.Sqrt(2*float64(len(k.Pair))+2.25) - 1.5 + 0.5) }
