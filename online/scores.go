package online

import "github.com/seed-7adb9000/diarizer/online/model"

// scores remembers the scores of pairs of voices from one review of the window
// to the next, in which most of the utterances are the same.
type scores struct {
	index map[int64]int // by key, of the pairs known
	known []float64     // n×n by rows, (i, j) for j < i
	n     int
}

// of returns the scores of all pairs of voices, n×n by rows with (i, j) for
// j < i. keys name the voices: the same key always stands for the same sound
// and the same statistics. The result is the caller's.
func (s *scores) of(scorer *model.Scorer, voices []*model.Voice, keys []int64) []float64 {
	n := len(voices)
	out := make([]float64, n*n)
	index := make(map[int64]int, n)
	before := make([]int, n) // where a voice was, or −1
	for i, key := range keys {
		index[key] = i
		before[i] = -1
		if at, ok := s.index[key]; ok {
			before[i] = at
		}
	}
	for i := range n {
		for j := range i {
			p, q := before[i], before[j]
			if p < 0 || q < 0 {
				out[i*n+j] = scorer.Score(voices[i], voices[j])
				continue
			}
			out[i*n+j] = s.known[max(p, q)*s.n+min(p, q)]
		}
	}
	s.index, s.n = index, n
	s.known = append(s.known[:0], out...)
	return out
}
