package model

// Kept is a pair in half of its memory, with numbers rounded to 24 bits: what a stream
// remembers of an utterance. Sums of Kept pairs are made in the 53 bits of Stats and are
// as good as exact. Taking a pair out of a sum leaves what the sum was before.
type Kept struct {
	// N is the number of frames, as in Stats.
	N float64
	// Pair is d and after it D⁻¹, as its [Shape] has it.
	Pair []float32
}

// Keep returns s to be kept.
func (s Stats) Keep() Kept {
	k := Kept{N: s.N, Pair: make([]float32, 0, len(s.D)+len(s.DInv))}
	for _, part := range [...][]float64{s.D, s.DInv} {
		for _, v := range part {
			k.Pair = append(k.Pair, float32(v))
		}
	}
	return k
}

// Stats returns the pair, which has the given shape, in memory of its own.
func (k Kept) Stats(shape Shape) Stats {
	s := shape.NewStats()
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

// KeptLen is the length of a kept pair.
func (s Shape) KeptLen() int { return s.Nu + s.precisions() }
