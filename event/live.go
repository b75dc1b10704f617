package event

import (
	"maps"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// Live holds what a listener had been told in time: for every moment t of the stream,
// the turns that the events up to stream time t + latency had given there. An open turn
// counts as going on. Later corrections change nothing, because a caption that was shown
// cannot be taken back.
type Live struct {
	latency Time
	tl      Timeline
	// recent holds the turns that may still reach beyond done.
	recent map[int]Turn
	// done is the moment up to which stretches are complete, those of who as they
	// were told.
	done Time
	told ledger
	// growing are the stretches that reach done, and may go on.
	growing map[int]stretch
	// names are the speakers as they were told of, by their numbers.
	names   []string
	numbers map[string]int
}

// liveTurns is how many closed turns a Live keeps in mind for what is told of them
// later.
const liveTurns = 1000

// NewLive returns a Live for the given latency. It takes some eight bytes for each
// stretch that was told.
func NewLive(latency time.Duration) *Live {
	l := &Live{latency: max(0, TimeOf(latency)), recent: map[int]Turn{}, growing: map[int]stretch{}, numbers: map[string]int{}}
	l.tl.Bound(liveTurns)
	return l
}

// Apply takes the next event, as [Timeline.Apply] does and with its errors.
func (l *Live) Apply(e Event) error {
	before := l.tl.Seq()
	if e.Seq == before+1 && (before == 0 || e.Run == l.tl.Run()) {
		l.advance(e.At - l.latency) // moments before that were told nothing of e
	}
	if err := l.tl.Apply(e); err != nil || l.tl.Seq() == before {
		return err
	}
	switch e.Kind {
	case TurnStarted, TurnUpdated, TurnEnded, TurnRevised:
		l.recent[e.Turn.ID] = *e.Turn
	case TurnWithdrawn:
		delete(l.recent, e.Turn.ID)
	case SpeakerMerged:
		for id, turn := range l.recent {
			if turn.Speaker == e.Speaker {
				turn.Speaker = e.Into
				l.recent[id] = turn
			}
		}
	case StreamEnded:
		l.advance(e.At) // nothing more will be told
	}
	return nil
}

// advance completes the moments up to until with what is known now.
func (l *Live) advance(until Time) {
	if until <= l.done {
		return
	}
	for id, s := range l.growing {
		if s.end < l.done {
			l.told.add(s)
			delete(l.growing, id)
		}
	}
	for id, turn := range l.recent {
		end := turn.End
		if l.tl.Open(id) {
			end = until
		}
		l.add(id, l.tl.Name(turn.Speaker), max(l.done, turn.Start), min(until, end))
		if end <= until && !l.tl.Open(id) {
			delete(l.recent, id)
		}
	}
	l.done = until
}

func (l *Live) add(turn int, speaker string, start, end Time) {
	if start >= end {
		return
	}
	who, ok := l.numbers[speaker]
	if !ok {
		who = len(l.names)
		l.names, l.numbers[speaker] = append(l.names, speaker), who
	}
	s, ok := l.growing[turn]
	if ok && s.end == start && s.who == who {
		s.end = end
	} else {
		if ok {
			l.told.add(s)
		}
		s = stretch{turn: turn, who: who, start: start, end: end}
	}
	l.growing[turn] = s
}

// Segments returns the turns that had been told of the moments so far, by start and then
// by turn. Before the stream has ended it leaves out the last moments, of which less
// than the latency is known.
func (l *Live) Segments() []rttm.Segment {
	all := slices.AppendSeq(l.told.all(), maps.Values(l.growing))
	return segments(l.tl.Recording(), all, func(who int) string { return l.names[who] })
}
