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
	given      int     // whom people have given it to, where that is another
	utterance  int     // by which it is rated
	open       bool    // more of it may come
	beside     bool    // it is beside another's speech, which the utterance is of
	conf       float64 // that it is the speaker, where it is beside
	turn       int     // where its turn is among told, once that is synced
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
	open  bool
	given int // whom people have given it to, where that is another
	last  int // while it is wanted, the utterance of its last unit that is not beside

	beside   bool    // while it is wanted, all of it is beside another's speech
	conf     float64 // and this is its confidence
	byBeside bool    // while it is wanted, its latest unit is beside
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
	value := func(w *told) {
		if w.LogP, w.Confidence = math.NaN(), w.conf; !w.beside {
			w.LogP, w.Confidence = rate(w.last)
		}
	}
	for i, old := range t.told {
		if !slices.Contains(t.matched, i) {
			emit(Event{Kind: TurnWithdrawn, At: at, Turn: old.Turn})
		}
	}
	for i := range t.want {
		w := &t.want[i]
		if m := t.matched[i]; m >= 0 {
			if kind := t.change(t.told[m], w); kind != 0 {
				value(w)
				emit(Event{Kind: kind, At: at, Turn: w.Turn})
			}
			continue
		}
		t.nextID++
		w.ID = t.nextID
		w.State = Provisional
		value(w)
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
	w.Start = t.steady(w.Start, old.Start)
	if !w.open && !old.open {
		w.End = t.steady(w.End, old.End)
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

// steady returns the boundary as told, where it has not moved far.
func (t *timeline) steady(now, told int64) int64 {
	if d := now - told; -t.tolerance <= d && d <= t.tolerance {
		return told
	}
	return now
}

// build makes t.want the turns of units. One speaker's units are one turn where
// nobody else speaks between them for longer than a pause of joinGap, but beside them.
func (t *timeline) build(units []unit, until int64) {
	t.want = t.want[:0]
	main := -1 // the turn of the latest unit that is not beside
	open := false
	for i := range units {
		u := &units[i]
		u.turn = t.continues(u, main)
		if u.turn < 0 {
			u.turn = len(t.want)
			t.want = append(t.want, told{Turn: Turn{Speaker: u.speaker, Start: u.start, End: u.end}, given: u.given, beside: u.beside, last: u.utterance, conf: u.conf})
		}
		w := &t.want[u.turn]
		w.End = max(w.End, u.end)
		w.byBeside = u.beside
		if !u.beside {
			w.last, w.beside = u.utterance, false
			main, open = u.turn, u.open
		}
	}
	if main >= 0 {
		w := &t.want[main]
		w.open = open || until-w.End <= t.joinGap
	}
}

// continues returns the turn that u goes on with, −1 where it begins one. main is the
// turn of the latest unit that is not beside, −1 where there is none.
func (t *timeline) continues(u *unit, main int) int {
	near := func(w int) bool {
		return t.want[w].Speaker == u.speaker && t.want[w].given == u.given && u.start-t.want[w].End <= t.joinGap
	}
	if main >= 0 && near(main) {
		return main
	}
	for w := len(t.want) - 1; w > main-lookBack && w >= 0; w-- {
		if near(w) && (u.beside || t.want[w].byBeside) {
			return w
		}
	}
	return -1
}

// lookBack is how many turns before the latest one can be continued.
const lookBack = 8

// match finds for each wanted turn the told turn that it continues: the one
// with which it shares most time, each used once. −1 where there is none. Where turns
// are beside each other, one of the same speaker goes before.
func (t *timeline) match() {
	t.matched = t.matched[:0]
	for range t.want {
		t.matched = append(t.matched, -1)
	}
	given := func(o told) bool { return o.given != 0 }
	if slices.ContainsFunc(t.told, given) {
		t.matchBy(func(w, o *told) bool { return w.given != 0 && w.given == o.given })
	}
	if overlap(t.want) || overlap(t.told) {
		t.matchBy(func(w, o *told) bool { return w.Speaker == o.Speaker })
	}
	t.matchBy(func(*told, *told) bool { return true })
}

// overlap says whether one of turns begins before the one before it ends.
func overlap(turns []told) bool {
	for i := 1; i < len(turns); i++ {
		if turns[i].Start < turns[i-1].End {
			return true
		}
	}
	return false
}

// matchBy matches what is not matched yet, where may says that it can be.
func (t *timeline) matchBy(may func(w, o *told) bool) {
	first := 0
	for i := range t.want {
		w := &t.want[i]
		for first < len(t.told) && t.told[first].End <= w.Start {
			first++
		}
		if t.matched[i] >= 0 {
			continue
		}
		most := int64(0)
		for k := first; k < len(t.told) && t.told[k].Start < w.End; k++ {
			o := &t.told[k]
			shared := min(o.End, w.End) - max(o.Start, w.Start)
			if shared > most && may(w, o) && !slices.Contains(t.matched, k) {
				t.matched[i], most = k, shared
			}
		}
	}
}

// merge makes speaker's turns into's, as the listener does when told of it.
func (t *timeline) merge(speaker, into int) {
	for i := range t.told {
		if t.told[i].Speaker == speaker {
			t.told[i].Speaker = into
		}
		if t.told[i].given == speaker {
			t.told[i].given = into
		}
	}
}

// conclude tells the small moves of boundaries, which wait for the end of the stream
// elsewhere, of the first n turns, which are forgotten, where they reach as told beyond
// from, where units begin that stay.
func (t *timeline) conclude(units []unit, n int, from, at int64, emit func(Event)) {
	for i := range t.told[:n] {
		w := &t.told[i]
		if w.End <= from {
			continue
		}
		start, end := int64(math.MaxInt64), int64(0)
		for _, u := range units {
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
