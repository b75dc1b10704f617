package online

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// cutter finds where an utterance passes from one known speaker to another. The
// comparison of a second on each side does not always show that. The cutter takes the
// most probable path through the moments of the utterance, each said by one of the
// speakers (Viterbi).
type cutter struct {
	speakers []int     // those who are known well enough
	starts   []int64   // of the moments of the utterance, in samples
	score    []float64 // of the best path to each of the speakers
	back     []int     // moments×speakers: who spoke in the moment before
}

const (
	// cutPenalty is what a path pays for passing on, in nats.
	cutPenalty = 8
	// cutShortest is the shortest utterance that is looked at, in samples: 1 s.
	cutShortest = 100 * features.Hop
	// cutKnown is how much speech of a speaker is needed, in frames, before the speaker
	// is looked for inside another's utterance.
	cutKnown = 200
	// cutCoarse is how many chunks make a moment of the first pass. The second pass, of
	// single chunks, runs only where the first one found that speakers take turns.
	cutCoarse = 3
)

// cuts returns the positions at which u, which has closed, has to be divided, in
// order.
func (c *Clusterer) cuts(u segment.Utterance) []int64 {
	if c.cfg.Whole || u.End-u.Start < cutShortest {
		return nil
	}
	k := &c.cut
	k.speakers = k.speakers[:0]
	for i := range c.speakers {
		if s := &c.speakers[i]; !c.links.alias(s.number) && s.voice.Stats.N >= cutKnown {
			k.speakers = append(k.speakers, i)
		}
	}
	if len(k.speakers) < 2 {
		return nil
	}
	if len(c.cutsBy(cutCoarse, u)) == 0 {
		return nil
	}
	return c.cutsBy(1, u)
}

// cutsBy returns cuts of u between moments of so many chunks.
func (c *Clusterer) cutsBy(chunks int, u segment.Utterance) []int64 {
	k := &c.cut
	k.begin()
	c.look.ear.Moments(c.sounds(u.Start, u.End), chunks, func(first *model.Sound, m *model.Moment) {
		k.pass(first.First*features.Hop, func(speaker int) float64 { return c.scorer.Gain(&c.speakers[speaker].voice, m) })
	})
	return k.path()
}

// begin forgets the moments.
func (k *cutter) begin() {
	k.starts, k.back = k.starts[:0], k.back[:0]
	k.score = append(k.score[:0], make([]float64, len(k.speakers))...)
}

// pass goes on by the moment that begins at start, whose log likelihood for each
// speaker is gain's.
func (k *cutter) pass(start int64, gain func(speaker int) float64) {
	k.starts = append(k.starts, start)
	best := top(k.score)
	passed := k.score[best] - cutPenalty
	for i, s := range k.speakers {
		from := i
		if len(k.starts) > 1 && passed > k.score[i] {
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
	for t := len(k.starts) - 1; t > 0; t-- {
		if from := k.back[t*n+at]; from != at {
			cuts = append(cuts, k.starts[t])
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
