package online

import (
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

const (
	// echoDistance is how far apart the d of two utterances may be at most, relative
	// to their sum, for the same frames to be in both. In repeated announcements they
	// are 0.12 apart or less, those of any two utterances in calls and meetings 0.2 or
	// more.
	echoDistance = 0.15
	// echoScatter is how far apart two utterances of one voice are in each factor by
	// chance, as a part of the variance that D⁻¹ claims: in calls and meetings more
	// than that. echoRarely is how many deviations below that their mean over the
	// factors has to be, which is one pair in a million. echoLeast stands in where
	// there are so few factors that the quantile would be below it.
	echoScatter = 0.3
	echoRarely  = 4.75
	echoLeast   = 1e-3
)

// join puts u, which closes, into the group of the latest utterance that it repeats, if
// there is one, and gives u the speaker of that utterance, or whom people have given that
// utterance to. It reports whether there is one.
//
// A machine that asks for patience says the same words again. The frames are the ones
// that were heard before, so they show nothing new of the voice. Taken for new evidence,
// each repetition would make it surer that the parts of one announcement are different
// people. So equal utterances form a group. Only one of a group counts where voices are
// compared, and the others follow it: see reecho.
func (c *Clusterer) join(u *utterance) bool {
	v := c.repeated(u, c.utts)
	if v == nil {
		return false
	}
	switch who := v.owner(); {
	case v.given != 0:
		u.speaker, u.logP, u.conf = who, math.NaN(), 1 // people have said whose the words are
	case u.speaker != who:
		u.speaker, u.logP, u.conf = who, v.logP, v.conf
	}
	return true
}

// repeated puts u into the group of the latest of those before it that it repeats,
// which it returns, or into one of its own.
func (c *Clusterer) repeated(u *utterance, before []utterance) *utterance {
	c.groups++
	u.group, u.echo = c.groups, false
	for i := len(before) - 1; i >= 0; i-- {
		v := &before[i]
		if !v.echo && v.speaker != Unknown && equal(c.m.Shape(), u.pair.Pair, v.pair.Pair) {
			u.group = v.group
			return v
		}
	}
	return nil
}

// regroup finds the groups of the window again, after pairs have changed.
func (c *Clusterer) regroup() {
	for i := range c.utts {
		if v := c.repeated(&c.utts[i], c.utts[:i]); v != nil {
			v.echo = true // the others are compared with the latest
		}
	}
	c.reecho()
}

// followed returns the utterance that counts for u: the one that it follows, if it is
// in the window, or u itself.
func (c *Clusterer) followed(u *utterance) *utterance {
	for i := len(c.utts) - 1; i >= 0 && u.echo; i-- {
		if v := &c.utts[i]; v.group == u.group && !v.echo {
			return v
		}
	}
	return u
}

// equal says whether two pairs are of the same frames, but for a few: whether the two
// d are close, and closer than those of one voice come by chance. The quantile of χ²
// for that is Wilson and Hilferty's.
func equal(shape model.Shape, a, b []float32) bool {
	apart, sum, chance := 0.0, 0.0, 0.0
	for i := range shape.Nu {
		x, y := float64(a[i]), float64(b[i])
		apart += (x - y) * (x - y)
		sum += (x + y) * (x + y)
		at := shape.Nu + i
		if !shape.Diagonal {
			at = shape.Nu + i*(i+1)/2 + i
		}
		p, q := float64(a[at]), float64(b[at])
		if d := x*q - y*p; d != 0 { // (x/p − y/q)² / (1/p + 1/q)
			chance += d * d / (p * q * (p + q))
		}
	}
	n := float64(shape.Nu)
	rare := 1 - 2/(9*n) - echoRarely*math.Sqrt(2/(9*n))
	return math.Sqrt(apart) < echoDistance*math.Sqrt(sum) && chance <= n*max(echoScatter*rare*rare*rare, echoLeast)
}

// reecho finds the utterance of each group again that counts, after one has come or left
// the window, or was given to somebody. That is the latest. Where people have given some of
// the group to speakers, it is the latest of those that each has: what was given to a
// speaker counts as theirs. It returns the speakers whose voices are others now.
func (c *Clusterer) reecho() (changed []int) {
	type member struct{ group, given int }
	given := make(map[int]bool) // the groups of which some was given
	for i := range c.utts {
		if u := &c.utts[i]; u.given != 0 {
			given[u.group] = true
		}
	}
	seen := make(map[member]bool)
	for i := len(c.utts) - 1; i >= 0; i-- {
		u := &c.utts[i]
		m := member{u.group, u.given}
		echo := seen[m] || u.given == 0 && given[u.group]
		if echo != u.echo && u.owner() != Unknown && !slices.Contains(changed, u.owner()) {
			changed = append(changed, u.owner())
		}
		u.echo, seen[m] = echo, true
	}
	return changed
}

// prepareAgain makes the voices of speakers ready that reecho has changed.
func (c *Clusterer) prepareAgain(speakers []int) {
	for _, s := range speakers {
		c.prepare(s)
	}
}

// follow gives each echo the label of the utterance that it follows, −1 where that has
// none. labels are of the window's utterances.
func (c *Clusterer) follow(labels []int) {
	of := make(map[int]int)
	for i := range c.utts {
		if u := &c.utts[i]; !u.echo {
			of[u.group] = labels[i]
		}
	}
	for i := range c.utts {
		if u := &c.utts[i]; u.echo {
			label, ok := of[u.group]
			if !ok {
				label = -1
			}
			labels[i] = label
		}
	}
}
