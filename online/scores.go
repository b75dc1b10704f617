package online

import "github.com/seed-7adb9000/diarizer/online/model"

// scores remembers the scores of pairs of nodes, voices and what was merged of
// them, from one review of the window to the next, in which most are the same.
// It changes nothing but the time that a review takes: a score that is found is
// to the last bit the one that would be computed.
type scores struct {
	keys   *int64 // given out; a key always stands for the same statistics
	before memory // what the last review asked for
	now    memory
}

// memory is what one review asked for.
type memory struct {
	score map[pair]float64
	sum   map[pair]int64 // the key of what was merged of two nodes
}

// pair are the keys of two nodes, in the order in which they are added.
type pair struct{ a, b int64 }

func newMemory() memory {
	return memory{score: map[pair]float64{}, sum: map[pair]int64{}}
}

// turn begins another review.
func (s *scores) turn() { s.before, s.now = s.now, newMemory() }

// rest ends a review: what it did not ask for is forgotten.
func (s *scores) rest() { s.before = memory{} }

// of returns the score of two nodes.
func (s *scores) of(scorer *model.Scorer, p, q *node) float64 {
	k := pair{min(p.key, q.key), max(p.key, q.key)}
	v, ok := s.before.score[k]
	if !ok {
		v = scorer.Score(p.ready(scorer), q.ready(scorer))
	}
	s.now.score[k] = v
	return v
}

// merged returns the key of the sum of two nodes.
func (s *scores) merged(p, q *node) int64 {
	k := pair{p.key, q.key}
	key, ok := s.before.sum[k]
	if !ok {
		*s.keys++
		key = *s.keys
	}
	s.now.sum[k] = key
	return key
}
