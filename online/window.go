package online

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// trim lets the oldest utterances go, whole turns at a time, once there are
// more than the window holds.
func (c *Clusterer) trim() {
	drop := len(c.utts) - c.cfg.Window
	if drop <= 0 {
		return
	}
	// A turn that has begun before the cut and goes on after it stays whole.
	for drop < len(c.utts) && c.insideTurn(c.utts[drop].start) {
		drop++
	}
	if drop >= len(c.utts) {
		return
	}
	var moved []int
	for i := range c.speakers {
		if c.speakers[i].leave(c.m.Shape(), c.utts[:drop], i+1) {
			moved = append(moved, i+1)
		}
	}
	before := c.utts[drop].start
	for _, u := range c.utts[drop:] { // given utterances are in the order of their ends
		before = min(before, u.start)
	}
	c.utts = slices.Delete(c.utts, 0, drop)
	for _, s := range moved {
		c.settle(s)
	}
	c.time.forget(before)
}

// leave adds what the speaker of the given number said in utts, which leave the
// window, to the anchor, and reports whether that was anything.
func (s *speaker) leave(shape model.Shape, utts []utterance, number int) bool {
	if !slices.ContainsFunc(utts, func(u utterance) bool { return u.speaker == number }) {
		return false
	}
	sum := s.anchor.Stats(shape)
	for _, u := range utts {
		if u.speaker == number {
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
