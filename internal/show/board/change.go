package board

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/event"
)

// keepChanges is how many changes a Board keeps. It keeps the latest ones.
const keepChanges = 50

// Change is a text about an event that is not simply a turn: a speaker, a correction, lost
// sound.
type Change struct {
	Seq  uint64     `json:"seq"` // the number of the event
	Time event.Time `json:"time"`
	// Speaker is the speaker that the text is about, for a colour.
	Speaker event.Speaker `json:"speaker"`
	Text    string        `json:"text"`
	// Aloud says that a screen reader should read the text.
	Aloud bool `json:"aloud,omitempty"`
	// Detail says that the text is of no interest to a reader who wants to know only who spoke.
	Detail bool `json:"detail,omitempty"`
}

// Changes returns the latest changes in order. The slice is the board's own: it is valid
// until the next Apply.
func (b *Board) Changes() []Change { return b.changes }

// describe keeps the change that an event makes. It is called before the event is applied.
func (b *Board) describe(e event.Event) {
	c := Change{Seq: e.Seq, Time: e.At, Speaker: e.Speaker}
	switch e.Kind {
	case event.SpeakerIdentified:
		if b.Name(e.Speaker) == e.Name {
			return // a speaker who is back is told with the name that the reader knows
		}
		c.Text, c.Aloud = fmt.Sprintf("%s is %s", b.Name(e.Speaker), e.Name), true
		if e.Name == e.Speaker.String() {
			c.Text = fmt.Sprintf("%s is called %s again", b.Name(e.Speaker), e.Name)
		}
	case event.SpeakerMerged:
		c.Speaker, c.Text, c.Aloud = e.Into, fmt.Sprintf("%s was %s all along", b.Name(e.Speaker), b.Name(e.Into)), true
	case event.SpeakerAdded:
		c.Text = "A new voice: " + b.Name(e.Speaker)
	case event.GapFound:
		c.Text, c.Aloud = length(e.Gap.End-e.Gap.Start)+" of sound lost", true
	case event.Marked:
		c.Time, c.Text, c.Aloud = e.Mark.At, "Marked", true
		if e.Mark.Text != "" {
			c.Text = "Marked: " + e.Mark.Text
		}
	case event.StreamEnded:
		c.Text, c.Aloud = ending(*e.End), true
	case event.TurnRevised:
		i := b.index(e.Turn.ID)
		if i < 0 && e.Turn.Of != 0 { // a new part of a turn: the turn had its speaker
			i = b.index(e.Turn.Of)
		}
		if i < 0 {
			return
		}
		was, now := b.turns[i].Speaker, e.Turn.Speaker
		c.Speaker, c.Text, c.Detail = now, fmt.Sprintf("%s spoke %s: times corrected", b.Name(now), span(*e.Turn)), true
		if was != now {
			c.Text, c.Detail = fmt.Sprintf("%s was %s, not %s", span(*e.Turn), b.Name(now), b.Name(was)), false
		}
	case event.TurnWithdrawn:
		i := b.index(e.Turn.ID)
		if i < 0 {
			return
		}
		was := b.turns[i].Turn
		c.Speaker, c.Text, c.Detail = was.Speaker, span(was)+" belongs to the turn beside it", was.Of == 0
	default:
		return
	}
	if len(b.changes) == keepChanges {
		b.changes = b.changes[:copy(b.changes, b.changes[1:])]
	}
	b.changes = append(b.changes, c)
}

func ending(end event.End) string {
	text := "The stream is over"
	switch end.Reason {
	case event.Interrupted:
		text = "The stream was stopped"
	case event.Failed:
		text = "The stream failed"
	}
	if end.Detail != "" {
		text += ": " + end.Detail
	}
	return text
}

func span(t event.Turn) string { return clock(t.Start) + "–" + clock(t.End) }

// clock writes a time as mm:ss, from an hour on as h:mm:ss.
func clock(t event.Time) string {
	s := int(t.Seconds())
	if s < 3600 {
		return fmt.Sprintf("%02d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// length writes a duration for people.
func length(t event.Time) string {
	switch s := t.Seconds(); {
	case s < 9.95:
		return fmt.Sprintf("%.1f s", s)
	case s < 99.5:
		return fmt.Sprintf("%.0f s", s)
	}
	return clock(t)
}
