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
	given      int     // whom people have given it to, where that is another
	logP, conf float64 // of the last of them
	beside     bool    // all of it is beside another's speech
}

// trim lets the oldest utterances go once there are more than the window holds. It
// has been synced.
func (c *Clusterer) trim(at int64, emit func(Event)) {
	drop := c.leaving()
	if drop <= 0 {
		return
	}
	c.behead(drop, at, emit)
	c.leaveCount(drop)
	var moved []int
	for i := range c.speakers {
		s := &c.speakers[i]
		if s.leave(c.m.Shape(), c.utts[:drop]) {
			moved = append(moved, s.number)
		}
	}
	c.utts = slices.Delete(c.utts, 0, drop)
	c.prepareAgain(c.reecho())
	c.prepareAgain(moved)
}

// leaveCount has those of the first drop utterances, which leave the window, count no more
// that stand for equal words of the same speaker which stay: one of those counts from now on.
func (c *Clusterer) leaveCount(drop int) {
	for i := range c.utts[:drop] {
		u := &c.utts[i]
		u.echo = u.echo || slices.ContainsFunc(c.utts[drop:], func(v utterance) bool {
			return v.group == u.group && v.owner() == u.owner()
		})
	}
}

// leaving returns how many utterances are to leave the window: whole turns, where
// one ends before half of a window more would have to leave.
func (c *Clusterer) leaving() int {
	least := -c.cfg.Window
	for i := range c.utts {
		if !c.utts[i].draft {
			least++
		}
	}
	if least <= 0 {
		return 0
	}
	for drop := least; drop < least+c.cfg.Window && drop <= least+c.cfg.Window/2; drop++ {
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
	first := len(c.time.told)
	for _, u := range c.units {
		if stays(u) {
			first = min(first, u.turn)
		}
	}
	c.time.conclude(c.units, first, c.units[slices.IndexFunc(c.units, stays)].start, at, emit)
	var heads []head
	var last []int               // the utterance that ends each of them, −1 where that has been rated
	growing := make(map[int]int) // by turn, the head that what leaves of it is added to
	for _, u := range c.units {
		if u.turn < first {
			continue
		}
		if stays(u) {
			delete(growing, u.turn)
			continue
		}
		h := head{start: u.start, end: u.end, speaker: u.speaker, given: u.given, conf: u.conf, beside: u.beside}
		if u.utterance < 0 {
			h = c.heads[-1-u.utterance]
		}
		by := max(u.utterance, -1)
		if u.beside {
			by = -1
		}
		n, grows := growing[u.turn]
		switch {
		case !grows:
			growing[u.turn] = len(heads)
			heads, last = append(heads, h), append(last, by)
		case h.beside && !heads[n].beside:
			heads[n].end = max(heads[n].end, h.end)
		default:
			h.start, h.end = heads[n].start, max(heads[n].end, h.end)
			heads[n], last[n] = h, by
		}
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
	theirs := func(u utterance) bool { return u.owner() == s.number || u.speaker == s.number }
	if !slices.ContainsFunc(utts, theirs) {
		return false
	}
	sum := s.anchor.Stats(shape)
	for _, u := range utts {
		if theirs(u) {
			s.heard = max(s.heard, u.end)
		}
		if u.owner() == s.number && !u.echo {
			sum.AddKept(u.pair)
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
