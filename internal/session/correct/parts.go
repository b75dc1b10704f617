package correct

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// LeastPart is the shortest part of a turn that can be given away, a twentieth of a second.
// A shorter rest of the turn goes along with the part.
const LeastPart event.Time = event.Rate / 20

// part is one part of a turn, not the first, as listeners know it: a turn of its own, with
// a number that the clustering does not use.
type part struct {
	id         int
	start, end int64
	shown      int
	sure       bool
}

// piece is a piece of a clustering's turn that has one speaker.
type piece struct {
	start, end int64
	who        int
	given      bool // whether people gave it away
}

// stretch is a piece before merges are applied: who is a label of the clustering or a
// reserved number.
type stretch piece

// pieces is a turn cut by speaker, at least one piece. The speaker of a piece is the
// speaker that it was given to, or else the turn's own. A turn that lies mostly within a
// gift of its speaker was given too, because the clustering may replace turns; the same
// holds for what lies within a given part. The borders of pieces do not depend on merges.
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

// cut assigns the part of a turn between from and to: its speaker is who.
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

// place is where a turn that listeners know lies among the turns of the clustering.
type place struct {
	turn       int // the clustering's number
	start, end int64
	shown      int
}

// places returns the place of every turn, by the numbers that listeners know.
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

// shift says that turns of the clustering above a number have numbers for listeners that
// are higher by so many.
type shift struct{ above, by int }

// mostShifts bounds how many shifts are remembered.
const mostShifts = 10000

// number is the number by which listeners know a turn of the clustering. It is the
// clustering's own number until parts of turns have used up numbers.
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

// reserve returns a number for a part, which no turn has or will have.
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

// tell emits e, about turn t as it is now, for listeners: a change of the first piece, and
// before it the changes of the other pieces. It returns t as listeners know it then.
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

// match finds numbers for the pieces of a turn after the first. A piece keeps the number of
// the part that began at the same place, or gets the number of a part that is gone, or else
// a new number.
func (d *Desk) match(t turn, all []piece) (parts, gone []part) {
	gone = slices.Clone(t.parts)
	reuse := func(fits func(part) bool) int {
		i := slices.IndexFunc(gone, fits)
		if i < 0 {
			return 0
		}
		id := gone[i].id
		gone = slices.Delete(gone, i, i+1)
		return id
	}
	for _, p := range all {
		id := reuse(func(was part) bool { return was.start == p.start })
		parts = append(parts, part{id, p.start, p.end, p.who, p.given})
	}
	for i := range parts {
		if parts[i].id == 0 {
			parts[i].id = reuse(func(part) bool { return true })
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

// surely is t with what listeners cannot see in a turn of confidence 1: which of its pieces
// people gave away.
func (t turn) surely(all []piece) turn {
	t.sure = all[0].given
	for i := range t.parts[:min(len(t.parts), len(all)-1)] {
		t.parts[i].sure = all[1+i].given
	}
	return t
}
