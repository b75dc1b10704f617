package event

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// ErrRun is matched by the error for an event of another run than those before.
var ErrRun = errors.New("event of another run")

// order checks that events come in sequence. It is shared by all that apply
// events.
type order struct {
	stream, run string
	seq         uint64
	partial     bool
}

// next reports whether e is the next event; false without error means that it
// has been applied before.
func (o *order) next(e Event) (bool, error) {
	switch {
	case o.run == "":
		if e.Seq != o.seq+1 && !o.partial {
			return false, &HoleError{Stream: e.Stream, Run: e.Run, Want: o.seq + 1, Got: e.Seq}
		}
		o.stream, o.run = e.Stream, e.Run
	case e.Stream != o.stream || e.Run != o.run:
		return false, fmt.Errorf("%w: stream %s, run %s: expected stream %s, run %s",
			ErrRun, e.Stream, e.Run, o.stream, o.run)
	case e.Seq <= o.seq:
		return false, nil
	case e.Seq > o.seq+1:
		return false, &HoleError{Stream: e.Stream, Run: e.Run, Want: o.seq + 1, Got: e.Seq}
	}
	o.seq = e.Seq
	return true, nil
}

// Timeline applies the events of one run. The zero value is ready and expects
// the run from its first event. It keeps every turn, unless it is told otherwise
// with [Timeline.Bound].
type Timeline struct {
	order    order
	turns    map[int]Turn
	open     map[int]bool
	names    map[Speaker]string
	sure     map[Speaker]float64 // of the names
	speakers map[Speaker]bool
	words    map[string]map[int]Word // by recogniser and id
	marks    []Mark
	source   Source
	at       Time
	revision uint64
	ended    *End
	settled  settled
}

// NewPartialTimeline returns a Timeline for a listener who means to begin in
// the middle of a run: it takes whatever event comes first.
func NewPartialTimeline() *Timeline { return &Timeline{order: order{partial: true}} }

// Apply changes the timeline as e says. An event that was applied before changes
// nothing. An event later than the next is a [*HoleError], and an event of another run
// is an [ErrRun]; both leave the timeline as it was. Of a kind that it does not know,
// Apply only counts the event.
func (t *Timeline) Apply(e Event) error {
	if err := e.checkKind(); err != nil {
		return fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, err)
	}
	if fresh, err := t.order.next(e); err != nil || !fresh {
		return err
	}
	if t.turns == nil {
		t.turns, t.open = map[int]Turn{}, map[int]bool{}
		t.names, t.sure, t.speakers = map[Speaker]string{}, map[Speaker]float64{}, map[Speaker]bool{}
		t.words = map[string]map[int]Word{}
	}
	t.at, t.revision = e.At, e.Revision
	if e.Turn != nil && !t.known(e.Turn.ID) {
		return nil
	}
	switch e.Kind {
	case StreamStarted:
		t.source = *e.Source
	case StreamEnded:
		t.ended = e.End
		clear(t.open)
	case TurnStarted, TurnUpdated:
		t.turns[e.Turn.ID] = *e.Turn
		t.open[e.Turn.ID] = true
	case TurnEnded, TurnRevised:
		t.turns[e.Turn.ID] = *e.Turn
		delete(t.open, e.Turn.ID)
		t.settle()
	case TurnWithdrawn:
		delete(t.turns, e.Turn.ID)
		delete(t.open, e.Turn.ID)
	case SpeakerAdded:
		t.speakers[e.Speaker] = true
	case SpeakerMerged:
		t.merge(e.Speaker, e.Into)
		t.mergeWords(e.Speaker, e.Into)
	case SpeakerIdentified:
		t.names[e.Speaker], t.sure[e.Speaker] = e.Name, e.Confidence
	case Marked:
		if len(t.marks) < mostMarks {
			t.marks = append(t.marks, *e.Mark)
		}
	case WordsAttributed:
		t.say(*e.Words)
	}
	return nil
}

// Skip makes e the next event: the events before it are lost and will not come. The
// turns that those events were about may be wrong or missing from then on.
func (t *Timeline) Skip(e Event) { t.order.seq = e.Seq - 1 }

// merge gives the turns of speaker to into. Only those of now: what a later
// event says of speaker stands, so that a merge can be taken back.
func (t *Timeline) merge(speaker, into Speaker) {
	t.settled.merge(speaker, into)
	for id, turn := range t.turns {
		if turn.Speaker == speaker {
			turn.Speaker = into
			if !t.open[id] {
				turn.State = Revised
			}
			t.turns[id] = turn
		}
	}
	delete(t.speakers, speaker)
}

// Turns returns the turns as they are now, by start and then by id.
func (t *Timeline) Turns() []Turn {
	return slices.SortedFunc(maps.Values(t.turns), byStart)
}

// mostMarks is how many marks a timeline keeps, the first ones.
const mostMarks = 10000

// Marks returns the moments that people have marked, by time.
func (t *Timeline) Marks() []Mark {
	return slices.SortedStableFunc(slices.Values(t.marks), func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
}

// Between returns the turns that have speech between start and end, by start and then by
// id.
func (t *Timeline) Between(start, end Time) []Turn {
	var turns []Turn
	for _, turn := range t.turns {
		if turn.Start < end && start < turn.End {
			turns = append(turns, turn)
		}
	}
	slices.SortFunc(turns, byStart)
	return turns
}

func byStart(a, b Turn) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID)) }

// Turn returns the turn with that id, if there is one now.
func (t *Timeline) Turn(id int) (Turn, bool) {
	turn, ok := t.turns[id]
	return turn, ok
}

// Open reports whether the turn with that id has not ended yet.
func (t *Timeline) Open(id int) bool { return t.open[id] }

// Segments returns the turns as they are now, by start and then by id, as RTTM has them:
// times in seconds, speakers by [Timeline.Name]. It leaves out turns without length.
func (t *Timeline) Segments() []rttm.Segment {
	all := t.settled.turns.all()
	for i := range all {
		all[i].who = int(t.settled.who[all[i].who])
	}
	for _, turn := range t.turns {
		if turn.End > turn.Start {
			all = append(all, stretch{turn: turn.ID, who: int(turn.Speaker), start: turn.Start, end: turn.End})
		}
	}
	return segments(t.Recording(), all, func(who int) string { return t.Name(Speaker(who)) })
}

// segments are stretches as RTTM has them, by start and then by turn.
func segments(file string, all []stretch, name func(who int) string) []rttm.Segment {
	slices.SortStableFunc(all, func(a, b stretch) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.turn, b.turn))
	})
	var segments []rttm.Segment
	for _, s := range all {
		segments = append(segments, segment(file, name(s.who), s.start, s.end))
	}
	return segments
}

func segment(file, speaker string, start, end Time) rttm.Segment {
	return rttm.Segment{File: oneWord(file), Channel: "1",
		Start: start.Seconds(), End: end.Seconds(), Speaker: oneWord(speaker)}
}

// oneWord makes a name one field of a line of text.
func oneWord(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, name)
}

// Recording is the name of the recording: that of its source, or the stream's id where the
// source has no name or the run's start was not heard. It is the file in [Timeline.Segments].
func (t *Timeline) Recording() string { return cmp.Or(t.source.Name, t.order.stream, "stream") }

// Name returns the name of a speaker: that of the last speaker-identified, "S1" and so
// on where there is none, or "unknown".
func (t *Timeline) Name(s Speaker) string { return cmp.Or(t.names[s], s.String()) }

// NameConfidence returns the confidence of the last speaker-identified of a speaker: 1 where
// a person said so, less where the program recognised the voice, 0 where there is none.
func (t *Timeline) NameConfidence(s Speaker) float64 { return t.sure[s] }

// Speakers returns the number of speakers: added and not merged into another.
func (t *Timeline) Speakers() int { return len(t.speakers) }

// Stream returns the stream's id, empty before the first event.
func (t *Timeline) Stream() string { return t.order.stream }

// Run returns the run's id, empty before the first event.
func (t *Timeline) Run() string { return t.order.run }

// Seq returns the sequence number of the last event applied.
func (t *Timeline) Seq() uint64 { return t.order.seq }

// Revision returns the revision of the last event applied.
func (t *Timeline) Revision() uint64 { return t.revision }

// Source returns what the stream listens to; zero before stream-started.
func (t *Timeline) Source() Source { return t.source }

// Call gives the recording another name, in [Timeline.Source] and [Timeline.Recording].
func (t *Timeline) Call(name string) { t.source.Name = name }

// At returns how much of the stream had been heard at the last event.
func (t *Timeline) At() Time { return t.at }

// Ended returns why the run ended, or nil while it goes on.
func (t *Timeline) Ended() *End { return t.ended }
