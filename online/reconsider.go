package online

import (
	"cmp"
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// reconsider clusters the whole window again, together with what each speaker said
// before the window, and reports the speakers that turn out to be one. end says that
// nothing more will be heard.
func (c *Clusterer) reconsider(threshold float64, end bool, at int64, emit func(Event)) {
	if c.look.ear.Outdated(end) {
		c.renew()
	}
	c.dropGated()
	c.invite(threshold)
	voices := make([]model.Voice, len(c.utts))
	for i := range c.utts {
		voices[i] = model.Voice{Stats: c.utts[i].pair.Stats(c.m.Shape())}
	}
	var owners []int
	for i := range c.speakers {
		if s := &c.speakers[i]; s.anchor.N > 0 || c.holds(s.number) {
			owners = append(owners, s.number)
		}
	}
	if len(c.utts) == 0 && len(owners) == 0 {
		c.assign(nil, nil)
		return
	}
	p := c.cluster(voices, owners, threshold)
	c.assign(p.clusters, c.adopt(p.clusters, c.shared(&p, owners), threshold, at, emit))
}

// shared counts the frames that each cluster of p has from each speaker of the
// clustering so far, from 1 in their order.
func (c *Clusterer) shared(p *partition, owners []int) [][]float64 {
	shared := make([][]float64, p.n)
	for l := range shared {
		shared[l] = make([]float64, len(c.speakers)+1)
	}
	for i, l := range p.owners {
		at, _ := c.at(owners[i])
		shared[l][at+1] += c.speakers[at].anchor.N
		if c.holds(owners[i]) {
			shared[l][at+1] += surely
		}
	}
	for i, l := range p.clusters {
		if l < 0 {
			continue
		}
		if at, here := c.at(c.utts[i].speaker); here {
			shared[l][at+1] += c.utts[i].pair.N
		}
	}
	return shared
}

// surely is more frames than anybody speaks: who was given something stays who they
// are.
const surely = 1e12

// adopt gives the clusters the numbers of the speakers that they continue, and
// new numbers to the others. A speaker whose speech all went to other clusters
// is merged into the one that has most of it. labels are the clusters of the
// window's utterances; the numbers of the clusters are returned.
func (c *Clusterer) adopt(labels []int, shared [][]float64, threshold float64, at int64, emit func(Event)) (number []int) {
	before := make([]int, len(c.speakers)) // the numbers that shared speaks of
	for i := range c.speakers {
		before[i] = c.speakers[i].number
	}
	number = assignNumbers(shared)
	for l := range number {
		if number[l] != 0 {
			number[l] = before[number[l]-1]
		}
	}
	for l := range number {
		if number[l] == 0 && slices.Contains(labels, l) {
			if number[l] = c.recallCluster(labels, l, threshold); number[l] == Unknown {
				number[l] = c.add(at, emit, number...)
			}
		}
	}
	for i, s := range before {
		if slices.Contains(number, s) {
			continue
		}
		into, most := 0, 0.0
		for l := range shared {
			if shared[l][i+1] > most {
				into, most = number[l], shared[l][i+1]
			}
		}
		if into != 0 && !c.links.same(s, into) && !c.apart(s, into) {
			c.mergeSpeaker(s, into, at, emit)
		}
	}
	return number
}

// assignNumbers matches clusters with the columns of shared that stand for
// speakers, the pair that has most in common first. 0 means a new speaker.
func assignNumbers(shared [][]float64) []int {
	type pair struct {
		cluster, speaker int
		frames           float64
	}
	var pairs []pair
	for l := range shared {
		for s := 1; s < len(shared[l]); s++ {
			if shared[l][s] > 0 {
				pairs = append(pairs, pair{l, s, shared[l][s]})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.frames, a.frames), cmp.Compare(a.speaker, b.speaker), cmp.Compare(a.cluster, b.cluster))
	})
	number := make([]int, len(shared))
	for _, p := range pairs {
		if number[p.cluster] == 0 && !slices.Contains(number, p.speaker) {
			number[p.cluster] = p.speaker
		}
	}
	return number
}

// mergeSpeaker makes speaker one with into, for the listener and here.
func (c *Clusterer) mergeSpeaker(speaker, into int, at int64, emit func(Event)) {
	s, to := c.speaker(speaker), c.speaker(into)
	sum := to.anchor.Stats(c.m.Shape())
	sum.AddKept(s.anchor)
	to.anchor, to.heard = sum.Keep(), max(to.heard, s.heard)
	c.leave(speaker)
	c.absent.merge(speaker, into, c.bounds.merges)
	c.relink()
	c.time.merge(speaker, into)
	for i := range c.utts {
		u := &c.utts[i]
		if u.speaker == speaker {
			u.speaker = into
		}
		if u.given == speaker {
			u.given = into
		}
	}
	for i := range c.heads {
		h := &c.heads[i]
		if h.speaker == speaker {
			h.speaker = into
		}
		if h.given == speaker {
			h.given = into
		}
	}
	for i := range c.looks {
		if c.looks[i].last == speaker {
			c.looks[i].last = into
		}
	}
	if c.open != nil && c.open.speaker == speaker {
		c.open.speaker = into
	}
	if c.open != nil && c.open.created == speaker {
		c.open.created = 0 // nobody has a place for it any more
	}
	emit(Event{Kind: SpeakerMerged, At: at, Speaker: speaker, Into: into})
}

// assign gives the window's utterances their new speakers and counts the
// speakers' statistics again.
func (c *Clusterer) assign(labels, number []int) {
	for i := range c.utts {
		if u := &c.utts[i]; labels[i] >= 0 && u.given == 0 {
			u.speaker, u.moved = number[labels[i]], true
		}
	}
	for i := range c.utts {
		if u := &c.utts[i]; labels[i] < 0 && u.given == 0 { // it follows what was given to somebody
			if who := c.followed(u).owner(); who != u.speaker {
				u.speaker, u.moved = who, true
			}
		}
	}
	for i := range c.speakers {
		c.prepare(c.speakers[i].number)
	}
	for i := range c.utts {
		u := &c.utts[i]
		if !u.draft {
			c.looks[finalLook].last = u.speaker
		}
		if c.cfg.Drafts {
			c.looks[draftLook].last = u.speaker
		}
	}
}

// rate returns the score and the confidence of the i-th utterance of the window.
// What a review has moved is compared with what its speaker said besides, and its
// confidence is how much better that fits than the next best explanation; few are
// asked for, so that waits until one is.
func (c *Clusterer) rate(i int) (logP, confidence float64) {
	u := &c.utts[i]
	if !u.moved {
		return u.logP, u.conf
	}
	u.moved = false
	if by := c.followed(u); by.given != 0 && by.given == u.speaker { // people have said whose the words are
		u.logP, u.conf = math.NaN(), 1
		return u.logP, u.conf
	}
	v, rest := &model.Voice{Stats: u.pair.Stats(c.m.Shape())}, &model.Voice{Stats: c.said(u.speaker)}
	if own := c.followed(u); !own.echo && own.owner() == u.speaker { // it may have been given to another
		rest.Stats.Sub(own.pair.Stats(c.m.Shape()))
	}
	c.scorer.Outline(v)
	u.logP = c.scorer.Score(v, rest)
	other := c.rule.Threshold
	for i := range c.speakers {
		s := &c.speakers[i]
		if c.links.same(s.number, u.speaker) || c.links.alias(s.number) {
			continue
		}
		if c.bound(v, s) <= other {
			continue
		}
		if score, who := c.compare(v, s.number); who != Unknown {
			other = max(other, score)
		}
	}
	u.conf = 1 / (1 + math.Exp(c.rule.Slope*(other-u.logP)))
	return u.logP, u.conf
}

// sortUnits orders units by start, then end.
func sortUnits(units []unit) {
	slices.SortStableFunc(units, func(a, b unit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
}

// holds reports whether something in the window was given to a speaker.
func (c *Clusterer) holds(speaker int) bool {
	return len(c.gifts) > 0 && slices.ContainsFunc(c.utts, func(u utterance) bool { return u.given == speaker && !u.echo })
}
