package online

import (
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Gift is a person's word that speech is another speaker's: what From says between Start
// and End, in samples, is Speaker's.
type Gift struct {
	Start, End    int64
	From, Speaker int
}

// Give says which speech is whose. It replaces what was said before. No event comes of
// it.
//
// The utterances keep the speaker that the clustering found, so that a gift can be taken
// back. From now on they count as the speech of Gift.Speaker wherever voices are
// compared. Clustering leaves them where they are, and they make turns of their own. The
// clustering never merges two speakers between whom something was given. A Gift.Speaker
// that it does not know is added with that number, and goes when the gifts are taken back,
// unless they have said something since.
func (c *Clusterer) Give(gifts []Gift) {
	c.gifts = slices.Clone(gifts)
	var gone []int
	c.added = slices.DeleteFunc(c.added, func(n int) bool {
		if slices.ContainsFunc(gifts, func(g Gift) bool { return g.Speaker == n }) {
			return false
		}
		gone = append(gone, n)
		return true
	})
	before := make(map[int]bool)
	for i := range c.utts {
		if u := &c.utts[i]; u.given != 0 {
			before[u.given], before[u.speaker] = true, true
			u.given = 0
		}
	}
	for _, g := range c.gifts {
		c.welcome(g.Speaker)
	}
	for i := range c.utts {
		u := &c.utts[i]
		if g, ok := c.giftOf(u, u.speaker); ok && u.speaker != Unknown {
			u.given = c.standing(g.Speaker)
			before[u.given], before[u.speaker] = true, true
		}
	}
	changed := c.reecho()
	for _, g := range c.gifts {
		c.seed(c.standing(g.From))
	}
	changed = append(changed, c.reecho()...)
	for _, s := range changed {
		before[s] = true
	}
	for s := range before {
		if _, here := c.at(s); here && s != Unknown {
			c.prepare(s)
		}
	}
	c.dismiss(gone)
}

// dismiss takes those of some speakers out of the clustering of whom nothing is left.
func (c *Clusterer) dismiss(speakers []int) {
	if len(speakers) == 0 {
		return
	}
	for _, n := range c.idle(c.looks[finalLook].last, c.looks[draftLook].last) {
		if slices.Contains(speakers, n) {
			c.leave(n)
		}
	}
}

// giftOf is the last gift of what from says that an utterance lies in, for the most part.
// Of Unknown, it is the last of anybody's.
func (c *Clusterer) giftOf(u *utterance, from int) (g Gift, ok bool) {
	for _, g := range slices.Backward(c.gifts) {
		if from != Unknown && c.standing(g.From) != from {
			continue
		}
		if min(g.End, u.end)-max(g.Start, u.start) > (u.end-u.start)/2 {
			return g, true
		}
	}
	return g, false
}

// claim gives u, which closes, to whom its time was given, if it was: it is of the
// second look then, and the gift was of the first, which may have heard another speaker.
func (c *Clusterer) claim(u *utterance) {
	g, ok := c.giftOf(u, u.speaker)
	if !ok {
		g, ok = c.giftOf(u, Unknown)
	}
	if !ok {
		return
	}
	from, to := c.standing(g.From), c.standing(g.Speaker)
	if from == 0 || to == 0 || u.speaker == to {
		return
	}
	u.speaker, u.given = from, to
	if u.created == to { // whoever was added for it is somebody: people say so
		u.created = 0
	}
}

// seed has who gives keep the longest of what is left, so that they stay somebody.
func (c *Clusterer) seed(from int) {
	if from == 0 || c.speaker(from).anchor.N > 0 {
		return
	}
	longest := -1
	for i := range c.utts {
		u := &c.utts[i]
		if u.speaker != from || u.draft || u.echo || u.given != 0 && u.given != from {
			continue
		}
		if u.given == from {
			return
		}
		if longest < 0 || u.pair.N > c.utts[longest].pair.N {
			longest = i
		}
	}
	if longest >= 0 {
		c.utts[longest].given = from
	}
}

// welcome makes sure that a number is one of the clustering's, if it is nobody's yet or
// its speaker is parked.
func (c *Clusterer) welcome(number int) {
	n := c.absent.follow(number)
	i, here := c.at(n)
	if here || n <= 0 {
		return
	}
	if c.absent.find(n) < 0 && !slices.Contains(c.added, n) {
		c.added = append(c.added, n)
	}
	s := speaker{number: n, anchor: c.m.Shape().NewStats().Keep()}
	if p := c.absent.find(n); p >= 0 {
		was := c.absent.take(p)
		s.anchor, s.heard = was.anchor, was.heard
	}
	c.absent.given = max(c.absent.given, n)
	c.speakers = slices.Insert(c.speakers, i, s)
	c.prepare(n)
	c.relink()
}

// newcomers is how many speakers of now people have added.
func (c *Clusterer) newcomers() (n int) {
	for _, s := range c.added {
		if c.standing(s) == s && slices.ContainsFunc(c.gifts, func(g Gift) bool { return g.Speaker == s }) {
			n++
		}
	}
	return n
}

// owner is whose an utterance counts as.
func (u *utterance) owner() int {
	if u.given != 0 {
		return u.given
	}
	return u.speaker
}

// moves says whether an utterance was given to another than its speaker.
func (u *utterance) moves() bool { return u.given != 0 && u.given != u.speaker }

// firm are the speakers of the clustering who are sure to be several people.
func (c *Clusterer) firm() map[int]bool {
	firm := make(map[int]bool)
	for _, g := range c.gifts {
		for _, s := range []int{c.standing(g.From), c.standing(g.Speaker)} {
			if s != 0 {
				firm[s] = true
			}
		}
	}
	return firm
}

// apart reports whether two speakers are sure to be two people.
func (c *Clusterer) apart(a, b int) bool {
	if len(c.gifts) == 0 || a == b {
		return false
	}
	firm := c.firm()
	return firm[a] && firm[b]
}

// anchored is what surely is of speaker s: what has left the window, and what in it was
// given to them.
func (c *Clusterer) anchored(s int) model.Stats {
	sum := c.speaker(s).anchor.Stats(c.m.Shape())
	for i := range c.utts {
		if u := &c.utts[i]; u.given == s && !u.echo {
			sum.AddKept(u.pair)
		}
	}
	return sum
}

// Span is a stretch of time, in samples.
type Span struct{ Start, End int64 }

// mostParts is how many clusters are looked at for two that are people.
const mostParts = 8

// Divide looks for two voices in what some speakers, who count as one person, have said
// in the window. It returns the stretches of the voice that has said less, or nil where
// no second voice has enough speech for a speaker. Nothing changes.
func (c *Clusterer) Divide(speakers []int) (second []Span) {
	var own []*utterance
	var voices []*model.Voice
	for i := range c.utts {
		u := &c.utts[i]
		if u.echo || u.draft || !slices.ContainsFunc(speakers, func(s int) bool { return s != Unknown && c.standing(s) == u.owner() }) {
			continue
		}
		own, voices = append(own, u), append(voices, &model.Voice{Stats: u.pair.Stats(c.m.Shape())})
	}
	for parts := 2; parts <= min(mostParts, len(own)); parts++ {
		labels := Agglomerate(c.scorer, voices, math.Inf(-1), Limits{Min: parts, Max: parts})
		a, b, enough := c.largest(labels, own)
		if !enough {
			continue
		}
		first, other := c.sumOf(own, labels, a), c.sumOf(own, labels, b)
		for i, u := range own {
			if labels[i] == b || labels[i] != a && c.scorer.Score(voices[i], other) > c.scorer.Score(voices[i], first) {
				second = append(second, Span{u.start, u.end})
			}
		}
		return second
	}
	return nil
}

// largest returns the two clusters with the most speech, and whether both have enough
// for a speaker.
func (c *Clusterer) largest(labels []int, own []*utterance) (a, b int, enough bool) {
	frames := make([]float64, mostParts)
	for i, l := range labels {
		frames[l] += own[i].pair.N
	}
	a, b = 0, 1
	if frames[b] > frames[a] {
		a, b = b, a
	}
	for l := 2; l < mostParts; l++ {
		switch {
		case frames[l] > frames[a]:
			a, b = l, a
		case frames[l] > frames[b]:
			b = l
		}
	}
	return a, b, frames[b] >= float64(c.cfg.MinCreate)
}

// sumOf is the voice of a cluster.
func (c *Clusterer) sumOf(own []*utterance, labels []int, l int) *model.Voice {
	v := c.m.Shape().NewVoice()
	for i, u := range own {
		if labels[i] == l {
			v.Stats.AddKept(u.pair)
		}
	}
	c.scorer.Outline(&v)
	return &v
}

// Reserve returns a number above least that is no speaker's, and never gives it to a
// speaker itself.
func (c *Clusterer) Reserve(least int) int {
	c.absent.given = max(c.absent.given, least) + 1
	return c.absent.given
}

// Number makes next give the numbers of new speakers. next gets the number that was
// given last.
func (c *Clusterer) Number(next func(last int) int) { c.next = next }
