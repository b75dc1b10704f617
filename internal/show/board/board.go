// Package board keeps the present turns, speakers, gaps and corrections of a running
// stream for display. Its memory is bounded, however long the stream goes on. The live
// page and the terminal view both draw a [Board].
package board

import (
	"cmp"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
)

// DefaultTurns is how many turns a Board keeps: some twenty hours of a lively meeting.
const DefaultTurns = 20000

// maxGaps is how many gaps, and how many marks, a Board keeps. It keeps the latest ones.
const maxGaps = 1000

// Turn is a turn and whether it is still open.
type Turn struct {
	event.Turn
	Open bool `json:"open,omitempty"`
}

// Board applies the events of one run, as [event.Timeline] does, but keeps only the latest
// turns. Of earlier turns it keeps the sums of each speaker; if there are thousands of speakers,
// the sums of those without a name who have not spoken for long are the unknown speaker's. The
// zero value is ready. The first event may be any event of the run. Board goes on after missing
// events, and counts them.
type Board struct {
	// MaxTurns is how many turns are kept; DefaultTurns if 0.
	MaxTurns int

	stream, run string
	seq         uint64
	missing     uint64
	at          event.Time
	revision    uint64
	source      event.Source
	status      *event.Status
	ended       *event.End
	turns       []Turn // by start, then by id
	speakers    []event.Speaker
	crowd       int // so many speakers are too many; see forgetSpeakers
	names       map[event.Speaker]string
	merged      map[event.Speaker]event.Speaker
	gaps        []event.Gap
	marks       []event.Mark
	said        []Said
	saidFrom    event.Time // earlier words are not kept
	changes     []Change
	folded      map[event.Speaker]Tally
	foldedUntil event.Time
}

// Tally is how much a speaker has spoken.
type Tally struct {
	Talk  event.Time `json:"talk"`
	Turns int        `json:"turns"`
}

func (t Tally) plus(o Tally) Tally { return Tally{t.Talk + o.Talk, t.Turns + o.Turns} }

// Apply applies e and reports whether the board changed. An event that was applied before
// changes nothing. Neither does an event of another run than the first one, which needs a
// board of its own.
func (b *Board) Apply(e event.Event) bool {
	switch {
	case b.run == "":
		b.stream, b.run = e.Stream, e.Run
		b.names, b.merged = map[event.Speaker]string{}, map[event.Speaker]event.Speaker{}
		b.folded = map[event.Speaker]Tally{}
	case e.Stream != b.stream || e.Run != b.run || e.Seq <= b.seq:
		return false
	}
	b.describe(e)
	b.missing += e.Seq - b.seq - 1
	b.seq, b.revision, b.at = e.Seq, e.Revision, max(b.at, e.At)
	switch e.Kind {
	case event.StreamStarted:
		b.source = *e.Source
	case event.StreamEnded:
		b.ended = e.End
		for i := range b.turns {
			b.turns[i].Open = false
		}
	case event.TurnStarted, event.TurnUpdated:
		b.put(Turn{*e.Turn, true})
	case event.TurnEnded, event.TurnRevised:
		b.put(Turn{*e.Turn, false})
	case event.TurnWithdrawn:
		if i := b.index(e.Turn.ID); i >= 0 {
			b.turns = slices.Delete(b.turns, i, i+1)
		}
	case event.SpeakerAdded:
		delete(b.merged, e.Speaker)
		b.meet(e.Speaker)
	case event.SpeakerMerged:
		b.merge(e.Speaker, e.Into)
		b.mergeWords(e.Speaker, e.Into)
	case event.WordsAttributed:
		b.say(*e.Words)
	case event.SpeakerIdentified:
		b.names[e.Speaker] = e.Name
	case event.GapFound:
		if len(b.gaps) == maxGaps {
			b.gaps = slices.Delete(b.gaps, 0, 1)
		}
		b.gaps = append(b.gaps, *e.Gap)
	case event.Marked:
		if len(b.marks) == maxGaps {
			b.marks = slices.Delete(b.marks, 0, 1)
		}
		b.marks = append(b.marks, *e.Mark)
	case event.StatusReported:
		b.status = e.Status
	}
	return true
}

// index finds a turn by its id, from the latest on; −1 if the turn is not kept.
func (b *Board) index(id int) int {
	for i := len(b.turns) - 1; i >= 0; i-- {
		if b.turns[i].ID == id {
			return i
		}
	}
	return -1
}

func order(a, b Turn) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID)) }

func (b *Board) put(t Turn) {
	b.meet(t.Speaker)
	if i := b.index(t.ID); i >= 0 {
		if b.turns[i].Start == t.Start {
			b.turns[i] = t
			return
		}
		b.turns = slices.Delete(b.turns, i, i+1)
	} else if t.End <= b.foldedUntil && b.foldedUntil > 0 {
		return // the turns of that time are folded already
	}
	i, _ := slices.BinarySearchFunc(b.turns, t, order)
	b.turns = slices.Insert(b.turns, i, t)
	if most := cmp.Or(b.MaxTurns, DefaultTurns); len(b.turns) > most {
		b.fold(max(1, most/8))
	}
}

// fold replaces the n oldest closed turns by their sums.
func (b *Board) fold(n int) {
	b.turns = slices.DeleteFunc(b.turns, func(t Turn) bool {
		if n == 0 || t.Open {
			return false
		}
		n--
		b.folded[t.Speaker] = b.folded[t.Speaker].plus(Tally{t.End - t.Start, 1})
		b.foldedUntil = max(b.foldedUntil, t.End)
		return true
	})
	b.gaps = slices.DeleteFunc(b.gaps, func(g event.Gap) bool { return g.End <= b.foldedUntil })
}

func (b *Board) merge(speaker, into event.Speaker) {
	b.meet(into)
	if speaker == into {
		return
	}
	for i := range b.turns {
		if t := &b.turns[i]; t.Speaker == speaker {
			t.Speaker = into
			if !t.Open {
				t.State = event.Revised
			}
		}
	}
	if t, ok := b.folded[speaker]; ok {
		b.folded[into] = b.folded[into].plus(t)
		delete(b.folded, speaker)
	}
	delete(b.merged, into)
	b.merged[speaker] = into
}

// Name is the name of a speaker: the last one identified, or else the id such as S1, or
// "unknown".
func (b *Board) Name(s event.Speaker) string { return cmp.Or(b.names[s], s.String()) }

// Turns returns the kept turns, by start and then by id. The slice is the board's own: it
// is valid until the next Apply.
func (b *Board) Turns() []Turn { return b.turns }

// Speaking returns the open turns.
func (b *Board) Speaking() []Turn {
	var open []Turn
	for i := len(b.turns) - 1; i >= 0 && len(b.turns)-i <= 64; i-- { // open turns are among the latest
		if b.turns[i].Open {
			open = append(open, b.turns[i])
		}
	}
	slices.Reverse(open)
	return open
}

// Gaps returns the latest gaps in order.
func (b *Board) Gaps() []event.Gap { return b.gaps }

// Stream returns the stream's id, empty before the first event.
func (b *Board) Stream() string { return b.stream }

// Run returns the run's id, empty before the first event.
func (b *Board) Run() string { return b.run }

// Seq returns the number of the last event applied.
func (b *Board) Seq() uint64 { return b.seq }

// Missing returns how many events up to Seq never came.
func (b *Board) Missing() uint64 { return b.missing }

// At returns how far the stream had been heard at the last event.
func (b *Board) At() event.Time { return b.at }

// Revision counts the corrections so far.
func (b *Board) Revision() uint64 { return b.revision }

// Source returns the source of the stream, zero before the stream-started event.
func (b *Board) Source() event.Source { return b.source }

// Status returns the last report of the publishing program, or nil.
func (b *Board) Status() *event.Status { return b.status }

// Ended returns why the run ended, or nil while it goes on.
func (b *Board) Ended() *event.End { return b.ended }
