package publish

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/rttm"
)

// Live is what a listener had been told in time: for every moment t of the
// stream, the turns that the events up to stream time t + latency had given
// there. An open turn counts as going on. Later corrections change nothing, as
// they do for a caption that was shown or a lamp that was lit.
type Live struct {
	latency Time
	tl      Timeline
	// recent holds the turns that may still reach beyond done.
	recent map[int]Turn
	// done is the moment up to which pieces are complete.
	done   Time
	pieces []piece
	// growing is the index in pieces of a turn's last piece.
	growing map[int]int
}

// piece is a stretch of one turn as it was told.
type piece struct {
	turn       int
	speaker    string
	start, end Time
}

// NewLive returns a Live for the given latency.
func NewLive(latency time.Duration) *Live {
	return &Live{latency: max(0, TimeOf(latency)), recent: map[int]Turn{}, growing: map[int]int{}}
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
			turn.Speaker = l.tl.turns[id].Speaker
			l.recent[id] = turn
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
	if i, ok := l.growing[turn]; ok && l.pieces[i].end == start && l.pieces[i].speaker == speaker {
		l.pieces[i].end = end
		return
	}
	l.growing[turn] = len(l.pieces)
	l.pieces = append(l.pieces, piece{turn, speaker, start, end})
}

// Segments returns what had been told of the moments so far, by start and then
// by turn. Before the stream has ended, the last moments, of which less than
// the latency is known, are not among them.
func (l *Live) Segments() []rttm.Segment {
	pieces := slices.SortedFunc(slices.Values(l.pieces), func(a, b piece) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.turn, b.turn))
	})
	segments := make([]rttm.Segment, 0, len(pieces))
	for _, p := range pieces {
		segments = append(segments, segment(l.tl.file(), p.speaker, p.start, p.end))
	}
	return segments
}
