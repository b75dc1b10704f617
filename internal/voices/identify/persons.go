package identify

import (
	"iter"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Persons returns what everybody has said: the pairs of the speakers, those added up
// that who gives the same number, as people have made them one. The pairs are copies.
func Persons(speakers iter.Seq2[int, model.Stats], who func(speaker int) int) map[int]model.Stats {
	said := map[int]model.Stats{}
	for n, stats := range speakers {
		person := who(n)
		if sum, ok := said[person]; ok {
			sum.Add(stats)
			said[person] = sum
		} else {
			said[person] = stats.Clone()
		}
	}
	return said
}
