package event

import (
	"encoding/binary"
	"maps"
	"slices"
)

// ledger keeps stretches of turns that will not change any more, in some eight bytes
// each where they come in order: a week of lively talk is a megabyte and a half.
type ledger struct {
	data  []byte
	n     int
	start Time // of the last one
	turn  int
}

// stretch is a part of a turn. Who it is of is a number that means something to
// the owner of the ledger.
type stretch struct {
	turn, who  int
	start, end Time
}

func (l *ledger) add(s stretch) {
	l.data = binary.AppendVarint(l.data, int64(s.start-l.start))
	l.data = binary.AppendVarint(l.data, int64(s.end-s.start))
	l.data = binary.AppendVarint(l.data, int64(s.turn-l.turn))
	l.data = binary.AppendVarint(l.data, int64(s.who))
	l.start, l.turn = s.start, s.turn
	l.n++
}

// all returns the stretches in the order in which they were added.
func (l *ledger) all() []stretch {
	all := make([]stretch, 0, l.n)
	data := l.data
	next := func() int64 {
		v, n := binary.Varint(data)
		data = data[n:]
		return v
	}
	var last stretch
	for range l.n {
		s := stretch{start: last.start + Time(next())}
		s.end = s.start + Time(next())
		s.turn = last.turn + int(next())
		s.who = int(next())
		all = append(all, s)
		last = s
	}
	return all
}

// settled are the turns of a bounded timeline that it does not keep one by one.
type settled struct {
	most   int // turns that are kept one by one; 0 for all
	oldest int // turns with a lower id are settled, unless they are kept
	turns  ledger
	said   Time // words from before it are not kept
	// who are the speakers of the ledger's numbers, after the merges since, and
	// number is the one of a speaker for the next turn.
	who    []Speaker
	number map[Speaker]int
}

// Bound makes the timeline keep at most so many closed turns one by one, for a stream
// that may go on for weeks. Of older turns, by id, it keeps what [Timeline.Segments]
// needs, in some eight bytes each. Merges and names still change their speakers, and any
// other event about one of them changes nothing. All other methods know only the turns
// that are kept one by one. Of words, the latest 20,000 are kept.
func (t *Timeline) Bound(turns int) { t.settled.most = max(1, turns) }

// Settled returns how many turns are not kept one by one any more, see [Timeline.Bound].
func (t *Timeline) Settled() int { return t.settled.turns.n }

// known reports whether an event about a turn of that id changes anything.
func (t *Timeline) known(id int) bool {
	if id >= t.settled.oldest {
		return true
	}
	_, kept := t.turns[id]
	return kept
}

// settle lets go of the oldest turns where there are too many.
func (t *Timeline) settle() {
	s := &t.settled
	if s.most == 0 || len(t.turns)-len(t.open) <= s.most {
		return
	}
	if s.number == nil {
		s.number = map[Speaker]int{}
	}
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(t.turns)), func(id int) bool { return t.open[id] })
	ids = ids[:(len(ids)+7)/8]
	for _, id := range ids {
		turn := t.turns[id]
		delete(t.turns, id)
		if turn.End <= turn.Start {
			continue
		}
		who, ok := s.number[turn.Speaker]
		if !ok {
			who = len(s.who)
			s.who, s.number[turn.Speaker] = append(s.who, turn.Speaker), who
		}
		s.turns.add(stretch{turn: id, who: who, start: turn.Start, end: turn.End})
	}
	s.oldest = max(s.oldest, ids[len(ids)-1]+1)
}

// merge gives the turns of speaker to into.
func (s *settled) merge(speaker, into Speaker) {
	if _, ok := s.number[speaker]; !ok && !slices.Contains(s.who, speaker) {
		return
	}
	for i := range s.who {
		if s.who[i] == speaker {
			s.who[i] = into
		}
	}
	delete(s.number, speaker) // what is settled from now on is apart
}
