package online

import (
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// links are the speakers that somebody who knows has said to be one person.
type links struct {
	told  [][]int     // as they were told
	who   []int       // the speakers of told that are in the clustering
	group []int       // the least speaker of the group of each of them
	sum   model.Voice // scratch
}

// Link says which speakers are one person, in groups of two or more. It replaces what
// was said before. No event comes of it.
//
// Linked speakers keep their numbers and their own statistics, so that a link can be
// taken back. They are compared as one person, and none is merged into another. Link
// ignores numbers that are no speaker's. It ignores speakers who have been silent for
// long until they return, see [Clusterer].
func (c *Clusterer) Link(groups [][]int) {
	c.links.told = groups
	c.relink()
}

// relink finds the groups among the speakers that stand now.
func (c *Clusterer) relink() {
	c.links.who, c.links.group = nil, nil
	for _, g := range c.links.told {
		least := 0
		for _, s := range g {
			if p := c.links.person(c.standing(s)); p != 0 && (least == 0 || p < least) {
				least = p
			}
		}
		for _, s := range g {
			if s := c.standing(s); s != 0 {
				c.links.join(s, least)
			}
		}
	}
}

// join makes everybody who is one with s one with least.
func (l *links) join(s, least int) {
	was := l.person(s)
	if i := slices.Index(l.who, s); i >= 0 {
		l.group[i] = least
	} else {
		l.who, l.group = append(l.who, s), append(l.group, least)
	}
	for i, p := range l.group {
		if p == was {
			l.group[i] = least
		}
	}
}

// standing follows the merges of the clustering; 0 for a number of no speaker in
// it.
func (c *Clusterer) standing(s int) int {
	s = c.absent.follow(s)
	if _, here := c.at(s); !here {
		return 0
	}
	return s
}

// person is the speaker that stands for everybody who is one with s: s itself
// where there are no links.
func (l *links) person(s int) int {
	if i := slices.Index(l.who, s); i >= 0 {
		return l.group[i]
	}
	return s
}

// same says whether two speakers are one person.
func (l *links) same(a, b int) bool { return l.person(a) == l.person(b) }

// alias says whether another speaker stands for s.
func (l *links) alias(s int) bool { return l.person(s) != s }

// compare scores a voice against the person that s stands for: against what
// each speaker has said who is that person, and against the sum of it, as
// somebody who was taken for two may sound like either or like both. It returns
// the largest score and the speaker whom the voice is most like, so that taking
// the link back sends it where it belongs; Unknown where nothing was said.
func (c *Clusterer) compare(v *model.Voice, s int) (score float64, who int) {
	score = math.Inf(-1)
	parts := 0
	for i := range c.speakers {
		t := &c.speakers[i]
		if t.voice.Stats.N <= 0 || !c.links.same(t.number, s) {
			continue
		}
		parts++
		if p := c.scorer.Score(v, &t.voice); p > score || who == Unknown {
			score, who = p, t.number
		}
	}
	if parts > 1 {
		score = max(score, c.scorer.Score(v, c.sum(s)))
	}
	return score, who
}

// sum is what everybody has said who is one with s. It is good until the next
// call.
func (c *Clusterer) sum(s int) *model.Voice {
	v := &c.links.sum
	if v.Stats.D == nil {
		*v = c.m.Shape().NewVoice()
	}
	v.Stats.Reset()
	for i := range c.speakers {
		if t := &c.speakers[i]; c.links.same(t.number, s) {
			v.Stats.Add(c.said(t.number))
		}
	}
	c.scorer.Update(v)
	return v
}

// limits bound the number of speakers in the clustering: those of the settings,
// less those who stand outside it, and one more for each who was taken for
// somebody else.
func (c *Clusterer) limits() Limits {
	l := c.cfg.Limits
	more := c.newcomers() - c.absent.standing()
	for i := range c.speakers {
		if c.links.alias(c.speakers[i].number) {
			more++
		}
	}
	if l.Max > 0 {
		l.Max = max(l.Max+more, 1)
	}
	if l.Min > 0 {
		l.Min = max(l.Min+more, 0)
	}
	return l
}
