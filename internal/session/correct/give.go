package correct

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// gift is a turn, or a part of one, that a standing correction gives to another speaker.
type gift struct {
	turn       int   // the clustering's number
	part       bool  // whether it is only a part of the turn
	start, end int64 // where it was when it was given, in samples
	from, into int   // labels of the clustering, or a reserved number
	stand      int   // index of the correction in stands
}

// maxGifts is how many turns corrections can give away.
const maxGifts = 2000

// admitGift checks a correction about turns.
func (d *Desk) admitGift(c Correction) error {
	if len(d.gifts)+len(c.Turns) > maxGifts {
		return fmt.Errorf("%d turns were moved already: expected at most %d", len(d.gifts), maxGifts)
	}
	places := d.places()
	for _, id := range c.Turns {
		p, ok := places[id]
		switch {
		case !ok:
			return fmt.Errorf("turn %d is not one of the latest %d turns of this stream", id, maxTurns)
		case d.turns[p.turn].open:
			return fmt.Errorf("turn %d has not ended", id)
		case c.End > 0 && min(int64(c.End), p.end)-max(int64(c.Start), p.start) < int64(LeastPart):
			return fmt.Errorf("turn %d is not between %v and %v s", id, c.Start.Seconds(), c.End.Seconds())
		}
	}
	if c.Into != event.Unknown && !d.live[int(c.Into)] {
		return fmt.Errorf("%s is not a speaker of this stream now", c.Into)
	}
	return nil
}

// newcomer reserves a number for a new speaker.
func (d *Desk) newcomer() int {
	least := d.highest
	for _, known := range []map[int]bool{d.labels, d.live} {
		for n := range known {
			least = max(least, n)
		}
	}
	for from := range d.merged {
		least = max(least, from)
	}
	for _, c := range d.stands {
		least = max(least, int(c.Into))
	}
	if d.opts.Reserve != nil {
		return d.opts.Reserve(least)
	}
	return least + 1
}

// give adds the turns of a correction, the last that stands, to the gifts.
func (d *Desk) give(c Correction) {
	places := d.places()
	for _, id := range c.Turns {
		if p, ok := places[id]; ok {
			d.gifts = append(d.gifts, p.given(c, d.turns[p.turn], len(d.stands)-1))
		}
	}
}

// given is the gift that a correction makes of a place, which is in t.
func (p place) given(c Correction, t turn, stand int) gift {
	g := gift{turn: p.turn, start: p.start, end: p.end, from: t.Speaker, into: int(c.Into), stand: stand}
	if c.End > 0 {
		g.start, g.end = max(g.start, int64(c.Start)), min(g.end, int64(c.End))
	}
	g.part = g.start-t.Start >= int64(LeastPart) || t.End-g.end >= int64(LeastPart)
	return g
}

// showGifts tells the clustering, and then listeners, who has which turns.
func (d *Desk) showGifts() error {
	d.gifts = slices.DeleteFunc(d.gifts, func(g gift) bool { return g.stand >= len(d.stands) })
	if d.opts.Give != nil {
		var told []online.Gift
		v := d.view()
		for _, g := range d.gifts {
			told = append(told, online.Gift{Start: g.start, End: g.end, From: v.label(g.from), Speaker: v.label(g.into)})
		}
		d.opts.Give(told)
	}
	if err := d.showTurns(); err != nil {
		return err
	}
	return d.showNames(d.at)
}

// errOneVoice is the refusal to split a speaker who sounds like one person.
var errOneVoice = errors.New("the program hears one voice: move the turns that are somebody else's")

// divide fills in the turns of a split: those in which a second voice speaks. It asks the
// clustering without holding the lock, because the answer may take a while.
func (d *Desk) divide(c Correction) (Correction, error) {
	d.mu.Lock()
	err := d.admit(c)
	var labels []int
	v := d.view()
	for _, l := range slices.Sorted(maps.Keys(d.labels)) {
		if v.who(l) == int(c.Speaker) {
			labels = append(labels, l)
		}
	}
	d.mu.Unlock()
	if err != nil {
		return c, err
	}
	if d.opts.Divide == nil {
		return c, fmt.Errorf("voices can be told apart only while the stream goes on: move the turns that are somebody else's")
	}
	second, err := d.opts.Divide(labels)
	if err != nil {
		return c, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c.Turns = nil
	rest := false
	places := d.places()
	for _, id := range slices.Sorted(maps.Keys(places)) {
		p := places[id]
		if d.turns[p.turn].open || p.shown != int(c.Speaker) {
			continue
		}
		var inside int64
		for _, s := range second {
			inside += max(0, min(s.End, p.end)-max(s.Start, p.start))
		}
		if inside > (p.end-p.start)/2 {
			c.Turns = append(c.Turns, id)
		} else {
			rest = true
		}
	}
	if len(c.Turns) == 0 || !rest {
		return c, errOneVoice
	}
	c.Turns = c.Turns[max(0, len(c.Turns)-MaxTurns):] // only the latest
	return c, nil
}
