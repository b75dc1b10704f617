package correct

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// LeastPart is the shortest part of a turn that can be somebody else's: a twentieth of
// a second. What is left of a turn beside a part and is shorter goes along with it.
const LeastPart event.Time = event.Rate / 20

// part is a part of a turn, the first one left out, as listeners have been told it: as
// a turn of its own, under a number that the clustering does not use.
type part struct {
	id         int
	start, end int64
	shown      int
	sure       bool
}

// piece is what one person says of a turn of the clustering.
type piece struct {
	start, end int64
	who        int
	given      bool // people say so
}

// stretch is a piece before it is known who is who: whose it is, is a label or a number
// that was reserved.
type stretch piece

// pieces are who is shown for a turn: whom it, or a part of it, was given to, or its
// speaker. A turn that lies for the most part in what was given of its speaker was given
// too, and so was what lies in a part: the clustering may come to other turns. There is at
// least one piece. Where they are does not depend on who is one person.
func (d *Desk) pieces(v view, t online.Turn, open bool) (all []piece) {
	for _, s := range d.stretches(v, t, open) {
		s.who = v.who(s.who)
		all = append(all, piece(s))
	}
	return all
}

func (d *Desk) stretches(v view, t online.Turn, open bool) []stretch {
	all := []stretch{{t.Start, t.End, t.Speaker, false}}
	for _, g := range d.gifts {
		own := v.label(t.Speaker) == v.label(g.from)
		from, to := max(g.start, t.Start), min(g.end, t.End)
		switch {
		case !g.part && (g.turn == t.ID || own && to-from > (t.End-t.Start)/2):
			all = []stretch{{t.Start, t.End, g.into, true}}
		case g.part && !open && (g.turn == t.ID || own):
			all = cut(all, from, to, g.into)
		}
	}
	return all
}

// cut gives what is between from and to of a turn to somebody.
func cut(all []stretch, from, to int64, who int) []stretch {
	first, last := all[0].start, all[len(all)-1].end
	if from-first < int64(LeastPart) {
		from = first
	}
	if last-to < int64(LeastPart) {
		to = last
	}
	if to-from < int64(LeastPart) {
		return all
	}
	var out []stretch
	add := func(p stretch) {
		switch n := len(out); {
		case p.end <= p.start:
		case n > 0 && out[n-1].who == p.who && out[n-1].given == p.given:
			out[n-1].end = p.end
		default:
			out = append(out, p)
		}
	}
	for _, p := range all {
		add(stretch{p.start, min(p.end, from), p.who, p.given})
		if p.start <= from && from < p.end {
			add(stretch{from, to, who, true})
		}
		add(stretch{max(p.start, to), p.end, p.who, p.given})
	}
	return out
}

// place is where a turn that listeners know is among those of the clustering.
type place struct {
	turn       int // of the clustering
	start, end int64
	shown      int
}

// places finds turns by the numbers that listeners know them by.
func (d *Desk) places() map[int]place {
	all := make(map[int]place, len(d.turns))
	for id, t := range d.turns {
		all[d.number(id)] = place{id, t.Start, t.until, t.shown}
		for _, p := range t.parts {
			all[p.id] = place{id, p.start, p.end, p.shown}
		}
	}
	return all
}

// shift says that the clustering's turns above one have higher numbers for listeners.
type shift struct{ above, by int }

// mostShifts bounds what is remembered of them.
const mostShifts = 10000

// number is what listeners know a turn of the clustering by. It is the clustering's own
// until a part of a turn takes the next one.
func (d *Desk) number(turn int) int {
	n := turn
	for _, s := range d.shifts {
		if s.above >= turn {
			break
		}
		n += s.by
	}
	return n
}

// reserve takes a number for a part, which no turn has or will have.
func (d *Desk) reserve() int {
	n := d.number(d.newest + 1)
	if last := len(d.shifts) - 1; last >= 0 && d.shifts[last].above == d.newest {
		d.shifts[last].by++
		return n
	}
	d.shifts = append(d.shifts, shift{d.newest, 1})
	if len(d.shifts) > mostShifts { // the clustering is done with turns from that long ago
		d.shifts[1].by += d.shifts[0].by
		d.shifts = slices.Delete(d.shifts, 0, 1)
		d.shifts[0].above = 0
	}
	return n
}

// tell emits what e, about turn t as it is now, is for listeners: a change of the first
// piece, and before it changes of the others. It returns t as they know it then.
func (d *Desk) tell(e online.Event, t turn, all []piece) (turn, error) {
	parts, gone := d.match(t, all[1:])
	for _, p := range gone {
		if err := d.tellPart(e, online.TurnWithdrawn, p, t); err != nil {
			return t, err
		}
	}
	was := d.turns[t.ID]
	for _, p := range parts {
		if slices.Contains(was.parts, p) && was.LogP == t.LogP && was.Confidence == t.Confidence {
			continue
		}
		if err := d.tellPart(e, online.TurnRevised, p, t); err != nil {
			return t, err
		}
	}
	t.parts, t.until, t.shown, t.sure = parts, all[0].end, all[0].who, all[0].given
	e.Turn.ID, e.Turn.End = d.number(t.ID), t.until
	return t, d.emit(shown(e, t.shown, t.sure))
}

// match finds numbers for the pieces of a turn: those that they have, by where they
// begin, then those of pieces that are no more, then new ones.
func (d *Desk) match(t turn, all []piece) (parts, gone []part) {
	gone = slices.Clone(t.parts)
	take := func(fits func(part) bool) int {
		i := slices.IndexFunc(gone, fits)
		if i < 0 {
			return 0
		}
		id := gone[i].id
		gone = slices.Delete(gone, i, i+1)
		return id
	}
	for _, p := range all {
		id := take(func(was part) bool { return was.start == p.start })
		parts = append(parts, part{id, p.start, p.end, p.who, p.given})
	}
	for i := range parts {
		if parts[i].id == 0 {
			parts[i].id = take(func(part) bool { return true })
		}
		if parts[i].id == 0 {
			parts[i].id = d.reserve()
		}
	}
	return parts, gone
}

// tellPart emits a change of a part of t.
func (d *Desk) tellPart(e online.Event, kind online.Kind, p part, t turn) error {
	e.Kind, e.Turn = kind, t.Turn
	e.Turn.ID, e.Turn.Start, e.Turn.End, e.Turn.State = p.id, p.start, p.end, online.Revised
	ev := online.Encode(d.opts.Encoder, shown(e, p.shown, p.sure))
	ev.Turn.Of = d.number(t.ID)
	return d.opts.Emit(ev)
}

// surely is t where listeners know that people are sure of what they gave: its confidence,
// which is 1 in any case, does not tell.
func (t turn) surely(all []piece) turn {
	t.sure = all[0].given
	for i := range t.parts[:min(len(t.parts), len(all)-1)] {
		t.parts[i].sure = all[1+i].given
	}
	return t
}
