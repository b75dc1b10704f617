package online

import (
	"iter"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Speakers iterates over the speakers that stand, by number, with the statistics
// of all that they have said so far.
func (c *Clusterer) Speakers() iter.Seq2[int, model.Stats] {
	return func(yield func(int, model.Stats) bool) {
		for i := range c.speakers {
			if s := &c.speakers[i]; s.into == 0 && !yield(i+1, c.said(i+1)) {
				return
			}
		}
	}
}

// said returns the sum of what speaker s has said.
func (c *Clusterer) said(s int) model.Stats {
	sum := c.speakers[s-1].anchor.Stats(c.m.Shape())
	for i := range c.utts {
		if u := &c.utts[i]; u.speaker == s {
			sum.AddKept(u.pair)
		}
	}
	return sum
}

// settle makes what speaker s has said ready to compare with.
func (c *Clusterer) settle(s int) {
	if s != Unknown {
		v := &c.speakers[s-1].voice
		v.Stats = c.said(s)
		c.scorer.Settle(v)
	}
}
