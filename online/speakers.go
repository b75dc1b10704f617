package online

import (
	"iter"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Speakers iterates over the speakers that stand, by number, with the statistics
// of all that they have said so far. The statistics are not to be changed and
// valid until the next Push.
func (c *Clusterer) Speakers() iter.Seq2[int, model.Stats] {
	return func(yield func(int, model.Stats) bool) {
		for i := range c.speakers {
			if s := &c.speakers[i]; s.into == 0 && !yield(i+1, s.voice.Stats) {
				return
			}
		}
	}
}
