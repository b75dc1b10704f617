package online

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// look is one hearing of the stream's sound: the listener that makes pairs of it, and
// what of it has not become utterances yet.
type look struct {
	ear    model.Listener
	chunks []chunk // of utterances that have not closed, by start
	last   int     // who spoke last
	// again, if not nil, finds features again, see [Clusterer.HearAgain].
	again func(first int64, n int) []float32
}

// HearAgain tells c how to find the features of a second look again. again returns the features of
// n frames from the first frame on, n×d by rows as in a [model.Sound], or nil. The state of c then
// leaves out features that can be found again.
func (c *Clusterer) HearAgain(again func(first int64, n int) []float32) {
	c.looks[finalLook].again = again
}

// The looks of a [Clusterer]. Without Config.Drafts all is settled at once.
//
// With Config.Drafts the utterances of the first look are drafts. The listener is told of
// them at once, and they count like others, until some seconds later the utterances of the
// second look replace them. Drafts are the latest utterances of the window.
const (
	finalLook = iota
	draftLook
)

// draftTolerance is boundaryTolerance where utterances are drafted: a second look
// finds most boundaries elsewhere, and few of them far.
const draftTolerance = 1600

// supersede takes the drafts out of the window that an utterance of the second look
// from start to end, or silence before it, replaces. It returns the speaker who was
// added for the most of them and has said nothing else, or 0.
func (c *Clusterer) supersede(start, end int64) (orphan int) {
	lost := make(map[int]int64) // by speaker, what of start to end their drafts cover
	var order, given []int
	c.utts = slices.DeleteFunc(c.utts, func(u utterance) bool {
		if !u.draft || (u.start+u.end)/2 >= end {
			return false
		}
		if _, ok := lost[u.speaker]; !ok {
			order = append(order, u.speaker)
		}
		if u.given != 0 {
			given = append(given, u.given)
		}
		lost[u.speaker] += max(0, min(end, u.end)-max(start, u.start))
		return true
	})
	c.settled = max(c.settled, end)
	if len(order) == 0 {
		return 0
	}
	c.prepareAgain(c.reecho())
	c.prepareAgain(given)
	for _, s := range order {
		if s == Unknown {
			continue
		}
		c.prepare(s)
		if c.speaker(s).voice.Stats.N <= 0 && lost[s] > 0 && (orphan == 0 || lost[s] > lost[orphan]) &&
			(c.open == nil || c.open.speaker != s && c.open.created != s) {
			orphan = s
		}
	}
	return orphan
}

// silent takes in that the second look has heard on to until. Where none of its
// utterances is open, drafts before that are of no speech.
func (c *Clusterer) silent(until, at int64, emit func(Event)) {
	if c.settledOpen || until <= c.settled {
		return
	}
	n := len(c.utts)
	c.supersede(until, until)
	if len(c.utts) < n {
		c.sync(at, emit)
	}
}

// insert puts u, which has closed, behind those that closed before: in front of the
// drafts unless it is one.
func (c *Clusterer) insert(u utterance) {
	at := len(c.utts)
	for !u.draft && at > 0 && c.utts[at-1].draft {
		at--
	}
	c.utts = slices.Insert(c.utts, at, u)
}

// addUnits adds the units of an utterance: its own, like u, and those of who speaks
// beside. A draft counts from where the second look has come.
func (c *Clusterer) addUnits(utt *utterance, u unit) {
	u.start, u.end, u.speaker = utt.start, utt.end, utt.speaker
	if utt.moves() {
		u.given = utt.given
	}
	if utt.draft || u.open {
		if u.start = max(u.start, c.settled); u.start >= u.end {
			return
		}
	}
	c.units = append(c.units, u)
	if c.cfg.Exclusive {
		return
	}
	for _, cr := range utt.crowds {
		if speaker, conf := c.beside(utt, cr); speaker != Unknown {
			c.units = append(c.units, unit{start: cr.start, end: cr.end, speaker: speaker,
				utterance: u.utterance, beside: true, conf: conf})
		}
	}
}

// onlyDrafted says whether all that speaker s has said are drafts.
func (c *Clusterer) onlyDrafted(s int) bool {
	return c.speaker(s).anchor.N <= 0 &&
		!slices.ContainsFunc(c.utts, func(u utterance) bool { return u.speaker == s && !u.draft })
}
