package online

import (
	"cmp"
	"iter"
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Speakers iterates over the speakers by number, with the statistics of all that each
// has said so far. It leaves out merged speakers, and speakers who have been silent for
// so long that only their number is remembered, see [Clusterer].
func (c *Clusterer) Speakers() iter.Seq2[int, model.Stats] {
	return func(yield func(int, model.Stats) bool) {
		numbers := make([]int, 0, len(c.speakers)+len(c.absent.parked))
		for i := range c.speakers {
			numbers = append(numbers, c.speakers[i].number)
		}
		for i := range c.absent.parked {
			numbers = append(numbers, c.absent.parked[i].number)
		}
		slices.Sort(numbers)
		for _, n := range numbers {
			if !yield(n, c.said(n)) {
				return
			}
		}
	}
}

// at returns the place of speaker n among those in the clustering, and whether
// they are one of them.
func (c *Clusterer) at(n int) (i int, here bool) {
	return slices.BinarySearchFunc(c.speakers, n, func(s speaker, n int) int { return cmp.Compare(s.number, n) })
}

// speaker returns the speaker of a number, who is in the clustering.
func (c *Clusterer) speaker(n int) *speaker {
	i, here := c.at(n)
	if !here {
		panic("online: a speaker who is not in the clustering")
	}
	return &c.speakers[i]
}

// said returns the sum of what speaker s has said.
func (c *Clusterer) said(s int) model.Stats {
	if i := c.absent.find(s); i >= 0 {
		return c.absent.parked[i].anchor.Stats(c.m.Shape())
	}
	sum := c.speaker(s).anchor.Stats(c.m.Shape())
	for i := range c.utts {
		if u := &c.utts[i]; u.owner() == s && !u.echo {
			sum.AddKept(u.pair)
		}
	}
	return sum
}

// prepare makes what speaker s has said ready to compare with.
func (c *Clusterer) prepare(s int) {
	if s != Unknown {
		v := &c.speaker(s).voice
		v.Stats = c.said(s)
		c.scorer.Freeze(v)
	}
}

// idle returns the speakers, less those of taken, of whom nothing is left, because what
// they were added for was no speech or became another's: a cough that the second look does
// not hear, or two drafts that one utterance replaces. Nobody is heard under their numbers,
// and listeners have no turn of theirs. A speaker to whom people have given something is not
// idle. A name that people gave is not known here: it stays with the number.
func (c *Clusterer) idle(taken ...int) (numbers []int) {
	busy := c.firm()
	for i := range c.utts {
		busy[c.utts[i].speaker], busy[c.utts[i].given] = true, true
	}
	if c.open != nil {
		busy[c.open.created] = true
	}
	for _, list := range [][]int{taken, c.added, c.links.who} {
		for _, n := range list {
			busy[n] = true
		}
	}
	for i := range c.speakers {
		if s := &c.speakers[i]; s.anchor.N <= 0 && s.heard == 0 && !busy[s.number] {
			numbers = append(numbers, s.number)
		}
	}
	return numbers
}
