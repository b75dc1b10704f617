package online

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// cutter finds where an utterance passes from one known speaker to another, which
// the sound of a second on each side does not always show: by the most probable
// path through its atoms, each said by one of the speakers (Viterbi).
type cutter struct {
	atoms    []*atom
	speakers []int     // those who are known well enough
	score    []float64 // of the best path to each of them
	back     []int     // atoms×speakers: who spoke in the atom before
	moment   model.Moment
}

const (
	// cutPenalty is what a path pays for passing on, in nats.
	cutPenalty = 8
	// cutShortest is the shortest utterance that is looked at, in samples: 1 s.
	cutShortest = 100 * segment.Hop
	// cutKnown is how much somebody has to have said to be heard inside another's
	// utterance, in frames.
	cutKnown = 200
)

// cuts returns the positions at which u, which has closed, has to be divided, in
// order.
func (c *Clusterer) cuts(u segment.Utterance) []int64 {
	if c.cfg.Whole || u.End-u.Start < cutShortest {
		return nil
	}
	k := &c.cut
	k.atoms, k.speakers, k.score, k.back = k.atoms[:0], k.speakers[:0], k.score[:0], k.back[:0]
	for i := range c.speakers {
		if s := &c.speakers[i]; s.into == 0 && !c.links.alias(i+1) && s.voice.Stats.N >= cutKnown {
			k.speakers = append(k.speakers, i)
			k.score = append(k.score, 0)
		}
	}
	if len(k.speakers) < 2 {
		return nil
	}
	for a := range c.within(u.Start, u.End) {
		c.acc.Reset()
		c.acc.AddAligned(&a.sound)
		c.acc.MomentInto(&k.moment)
		k.atoms = append(k.atoms, a)
		k.pass(func(speaker int) float64 { return c.speakers[speaker].voice.Gain(&k.moment) })
	}
	return k.path()
}

// pass goes on by an atom whose log likelihood for each speaker is gain's.
func (k *cutter) pass(gain func(speaker int) float64) {
	best := top(k.score)
	passed := k.score[best] - cutPenalty
	for i, s := range k.speakers {
		from := i
		if len(k.atoms) > 1 && passed > k.score[i] {
			from, k.score[i] = best, passed
		}
		k.score[i] += gain(s)
		k.back = append(k.back, from)
	}
}

// path returns where the best path passes from one speaker to another.
func (k *cutter) path() []int64 {
	var cuts []int64
	n := len(k.speakers)
	at := top(k.score)
	for t := len(k.atoms) - 1; t > 0; t-- {
		if from := k.back[t*n+at]; from != at {
			cuts = append(cuts, k.atoms[t].start)
			at = from
		}
	}
	slices.Reverse(cuts)
	return cuts
}

// top returns the index of the largest score, the first one of several.
func top(score []float64) int {
	best := 0
	for i, v := range score {
		if v > score[best] {
			best = i
		}
	}
	return best
}
