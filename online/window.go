package online

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// head is what is left of utterances that have left the window while their turn
// goes on in it: their speaker is settled, and the listener's turn keeps its start.
type head struct {
	start, end int64
	speaker    int
	logP, conf float64 // of the last of them
}

// trim lets the oldest utterances go once there are more than the window holds. It
// has been synced.
func (c *Clusterer) trim(at int64, emit func(Event)) {
	drop := c.leaving()
	if drop <= 0 {
		return
	}
	c.behead(drop, at, emit)
	var moved []int
	for i := range c.speakers {
		s := &c.speakers[i]
		if s.leave(c.m.Shape(), c.utts[:drop]) {
			moved = append(moved, s.number)
		}
	}
	c.utts = slices.Delete(c.utts, 0, drop)
	for _, s := range moved {
		c.settle(s)
	}
}

// leaving returns how many utterances are to leave the window: whole turns, where
// one ends before half of a window more would have to leave.
func (c *Clusterer) leaving() int {
	least := len(c.utts) - c.cfg.Window
	if least <= 0 {
		return 0
	}
	for drop := least; drop < len(c.utts) && drop <= least+c.cfg.Window/2; drop++ {
		if !c.insideTurn(c.utts[drop].start) {
			return drop
		}
	}
	return least
}

// behead makes heads of the first drop utterances whose turns are not settled: those
// from the first turn on that has an utterance that stays. The turns before it are
// forgotten, with their heads. In one turn, what leaves before anything stays is one
// head.
func (c *Clusterer) behead(drop int, at int64, emit func(Event)) {
	stays := func(u unit) bool { return u.utterance >= drop }
	stay := slices.IndexFunc(c.units, stays)
	first := c.units[stay].turn
	c.time.conclude(c.units[:stay], c.units[stay], at, emit)
	var heads []head
	var last []int // the utterance that ends each of them, −1 where that has been rated
	after := false // the unit before is of the same turn and in the last head
	for i, u := range c.units {
		if u.turn < first || stays(u) {
			after = false
			continue
		}
		h := head{start: u.start, end: u.end, speaker: u.speaker}
		if u.utterance < 0 {
			h = c.heads[-1-u.utterance]
		}
		if n := len(heads); after && c.units[i-1].turn == u.turn {
			h.start, h.end = heads[n-1].start, max(heads[n-1].end, h.end)
			heads[n-1], last[n-1] = h, max(u.utterance, -1)
		} else {
			heads, last = append(heads, h), append(last, max(u.utterance, -1))
		}
		after = true
	}
	for i, utterance := range last {
		if utterance >= 0 {
			heads[i].logP, heads[i].conf = c.rate(utterance)
		}
	}
	c.heads = heads
	c.time.forget(first)
}

// leave adds what the speaker said in utts, which leave the window, to the anchor,
// and reports whether that was anything.
func (s *speaker) leave(shape model.Shape, utts []utterance) bool {
	if !slices.ContainsFunc(utts, func(u utterance) bool { return u.speaker == s.number }) {
		return false
	}
	sum := s.anchor.Stats(shape)
	for _, u := range utts {
		if u.speaker == s.number {
			if !u.echo {
				sum.AddKept(u.pair)
			}
			s.heard = max(s.heard, u.end)
		}
	}
	s.anchor = sum.Keep()
	return true
}

// insideTurn says whether a turn begins before pos and goes on beyond it.
func (c *Clusterer) insideTurn(pos int64) bool {
	for _, t := range c.time.told {
		if t.Start < pos && pos < t.End {
			return true
		}
	}
	return false
}
