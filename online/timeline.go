package online

import (
	"math"
	"slices"
)

// unit is a stretch of speech with its speaker as decided now: what turns are
// made of.
type unit struct {
	start, end int64
	speaker    int
	utterance  int  // by which it is rated
	open       bool // more of it may come
	turn       int  // where its turn is among told, once that is synced
}

// timeline turns units into turns, and what changes between two states of it
// into events. It remembers the turns that may still change.
type timeline struct {
	joinGap   int64  // pause inside a turn, in samples, at most
	tolerance int64  // by which a boundary moves without being told, in samples
	told      []told // as the listener knows them, by start
	nextID    int
	want      []told // scratch
	matched   []int  // scratch
}

// told is a turn and whether it is open.
type told struct {
	Turn
	open bool
	last int // while it is wanted, the utterance of its last unit
}

// tellEvery is how much an open turn grows before the listener is told.
const tellEvery = 16000

// sync makes the listener's turns those of units, which are ordered by start
// and cover the time since the oldest turn that may still change. An open turn
// stays open while its last unit is, or ended no more than joinGap before
// until, up to where it is known what is speech. Turns that are told have the
// score and the confidence that rate returns for their last utterance.
func (t *timeline) sync(units []unit, until, at int64, rate func(utterance int) (logP, confidence float64), emit func(Event)) {
	t.build(units, until)
	t.match()
	for i, old := range t.told {
		if !slices.Contains(t.matched, i) {
			emit(Event{Kind: TurnWithdrawn, At: at, Turn: old.Turn})
		}
	}
	for i := range t.want {
		w := &t.want[i]
		if m := t.matched[i]; m >= 0 {
			if kind := t.change(t.told[m], w); kind != 0 {
				w.LogP, w.Confidence = rate(w.last)
				emit(Event{Kind: kind, At: at, Turn: w.Turn})
			}
			continue
		}
		t.nextID++
		w.ID = t.nextID
		w.State = Provisional
		w.LogP, w.Confidence = rate(w.last)
		emit(Event{Kind: TurnStarted, At: at, Turn: w.Turn})
		if !w.open {
			w.State = Final
			emit(Event{Kind: TurnEnded, At: at, Turn: w.Turn})
		}
	}
	t.told, t.want = t.want, t.told[:0]
}

// change returns what tells that turn old became w, 0 if it did not, and settles
// w's state.
func (t *timeline) change(old told, w *told) Kind {
	w.ID = old.ID
	w.Start = t.settle(w.Start, old.Start)
	if !w.open && !old.open {
		w.End = t.settle(w.End, old.End)
	}
	same := w.Speaker == old.Speaker && w.Start == old.Start
	kind := Kind(0)
	switch {
	case w.open:
		w.State = Provisional
		if !same || !old.open || w.End-old.End >= tellEvery {
			kind = TurnUpdated
		}
	case old.open:
		w.State = Final
		kind = TurnEnded
	case !same || w.End != old.End:
		w.State = Revised
		kind = TurnRevised
	}
	if kind == 0 {
		// The listener's view stands, so that small growth adds up.
		w.Turn = old.Turn
	}
	return kind
}

// settle returns the boundary as told, where it has not moved far.
func (t *timeline) settle(now, told int64) int64 {
	if d := now - told; -t.tolerance <= d && d <= t.tolerance {
		return told
	}
	return now
}

// build makes t.want the turns of units.
func (t *timeline) build(units []unit, until int64) {
	t.want = t.want[:0]
	for i := range units {
		u := &units[i]
		if n := len(t.want); n > 0 {
			last := &t.want[n-1]
			if last.Speaker == u.speaker && u.start-last.End <= t.joinGap {
				last.End = max(last.End, u.end)
				last.last, last.open = u.utterance, u.open
				u.turn = n - 1
				continue
			}
			last.open = false
		}
		u.turn = len(t.want)
		t.want = append(t.want, told{
			Turn: Turn{Speaker: u.speaker, Start: u.start, End: u.end},
			open: u.open,
			last: u.utterance,
		})
	}
	if n := len(t.want); n > 0 {
		if last := &t.want[n-1]; !last.open {
			last.open = until-last.End <= t.joinGap
		}
	}
}

// match finds for each wanted turn the told turn that it continues: the one
// with which it shares most time, each used once. −1 where there is none.
func (t *timeline) match() {
	t.matched = t.matched[:0]
	first := 0
	for _, w := range t.want {
		best, most := -1, int64(0)
		for first < len(t.told) && t.told[first].End <= w.Start {
			first++
		}
		for i := first; i < len(t.told) && t.told[i].Start < w.End; i++ {
			o := t.told[i]
			shared := min(o.End, w.End) - max(o.Start, w.Start)
			if shared > most && !slices.Contains(t.matched, i) {
				best, most = i, shared
			}
		}
		t.matched = append(t.matched, best)
	}
}

// merge makes speaker's turns into's, as the listener does when told of it.
func (t *timeline) merge(speaker, into int) {
	for i := range t.told {
		if t.told[i].Speaker == speaker {
			t.told[i].Speaker = into
		}
	}
}

// conclude tells the small moves of boundaries, which wait for the end of the stream
// elsewhere, of the turns that come before that of the unit stay and reach into it as
// told. before are the units before it.
func (t *timeline) conclude(before []unit, stay unit, at int64, emit func(Event)) {
	for i := range t.told[:stay.turn] {
		w := &t.told[i]
		if w.End <= stay.start {
			continue
		}
		start, end := int64(math.MaxInt64), int64(0)
		for _, u := range before {
			if u.turn == i {
				start, end = min(start, u.start), max(end, u.end)
			}
		}
		if start != w.Start || end != w.End {
			w.Start, w.End, w.State = start, end, Revised
			emit(Event{Kind: TurnRevised, At: at, Turn: w.Turn})
		}
	}
}

// forget gives up the first n turns: they are settled.
func (t *timeline) forget(n int) { t.told = slices.Delete(t.told, 0, n) }
