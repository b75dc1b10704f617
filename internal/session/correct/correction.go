// Package correct turns corrections by people into events. People name speakers, merge
// and split them, give turns to other speakers, and undo corrections. A [Desk] stands
// between the decisions of the clustering and the numbering of the events. A correction
// becomes events like all others, so that every subscriber applies it without knowing of
// corrections. docs/view.md describes the messages.
package correct

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/request"
)

// Action is what a [Correction] does.
type Action string

// The actions.
const (
	Rename Action = "rename" // Speaker gets the name Name; without Name, its id is its name again
	Merge  Action = "merge"  // Speaker and Into are one person, from the start
	Give   Action = "give"   // Turns are Into's; without Into, a new speaker's
	Split  Action = "split"  // Speaker is two people: the program finds the turns of the second person
	Undo   Action = "undo"   // the last correction that stands is taken back
	Mark   Action = "mark"   // a moment is marked, with Text; undo does not remove marks
)

// Correction is what a person corrects in one stream.
type Correction struct {
	Action  Action        `json:"action"`
	Speaker event.Speaker `json:"speaker,omitempty"`
	Into    event.Speaker `json:"into,omitempty"`
	Name    string        `json:"name,omitempty"`
	// Turns are the ids of turns that have ended. For a split the program fills them in. If
	// End is not 0, only the part of the turns from Start to End is given.
	Turns []int      `json:"turns,omitempty"`
	Start event.Time `json:"start,omitempty"`
	End   event.Time `json:"end,omitempty"`
	// Text is the note of a mark, and At the moment of the mark. A nil At is now.
	Text string      `json:"text,omitempty"`
	At   *event.Time `json:"at,omitempty"`
	// Run, if not empty, is the run that the person saw. The correction is refused in
	// another run, whose speakers are other people.
	Run string `json:"run,omitempty"`
	// ID, if not empty, names the correction. One that is sent twice is applied once.
	ID string `json:"id,omitempty"`
}

// Reply says what became of a Correction.
type Reply struct {
	// Seq is the number of the last event of the correction.
	Seq uint64 `json:"seq,omitempty"`
	// Error says why the correction was not applied.
	Error string `json:"error,omitempty"`
}

// The reasons to refuse a correction, for errors.Is.
var (
	// ErrMalformed is a correction that no stream can apply.
	ErrMalformed = errors.New("malformed correction")
	// ErrRefused is a correction that does not fit the stream as it is now.
	ErrRefused = errors.New("correction refused")
	// ErrEnded is a correction for the program that diarized a stream which has ended.
	// A [Late] takes such corrections.
	ErrEnded = errors.New("the stream has ended")
	// ErrNobody is a correction for a stream that nobody diarizes now.
	ErrNobody = errors.New("nobody diarizes this stream now")
)

// The limits of a correction: MaxName is the length of a name and MaxText the length of a
// mark's note, both in characters; MaxTurns is how many turns one correction moves; MaxSize
// is the length of a correction as JSON, in bytes.
const (
	MaxName  = 64
	MaxText  = 200
	MaxTurns = 200
	MaxSize  = 4096
)

// Decode reads the JSON of one correction and checks it. Space around the name and the note
// is removed. Errors match [ErrMalformed].
func Decode(data []byte) (Correction, error) {
	c, err := request.Decode[Correction](data, MaxSize, ErrMalformed)
	if err != nil {
		return c, err
	}
	c.Name, c.Text = strings.TrimSpace(c.Name), strings.TrimSpace(c.Text)
	return c, c.Check()
}

// Check reports the first thing of the correction that is missing or out of bounds.
func (c Correction) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
	}
	switch {
	case c.Run != "" && !event.ValidToken(c.Run):
		return bad("run %.80q: expected the run of an event", c.Run)
	case len(c.ID) > 64:
		return bad("id of %d bytes: expected at most 64", len(c.ID))
	}
	switch c.Action {
	case Rename:
		if c.Speaker <= event.Unknown {
			return bad("rename without speaker: expected S1, S2, …")
		}
		return checkName(c.Name)
	case Mark:
		if c.At != nil && *c.At < 0 {
			return bad("mark at %v s: expected 0 or more", c.At.Seconds())
		}
		return checkText("note", c.Text, MaxText)
	case Merge:
		switch {
		case c.Speaker <= event.Unknown || c.Into <= event.Unknown:
			return bad("merge without speaker and into: expected S1, S2, … for both")
		case c.Speaker == c.Into:
			return bad("merge of %s into itself", c.Speaker)
		}
	case Give:
		return c.checkTurns(bad)
	case Split:
		if c.Speaker <= event.Unknown {
			return bad("split without speaker: expected S1, S2, …")
		}
	case Undo:
	default:
		return bad("action %.20q: expected rename, merge, give, split, undo or mark", string(c.Action))
	}
	return nil
}

func (c Correction) checkTurns(bad func(format string, args ...any) error) error {
	switch n := len(c.Turns); {
	case n == 0 || n > MaxTurns:
		return bad("give of %d turns: expected 1 to %d", n, MaxTurns)
	case c.Into < event.Unknown:
		return bad("give to %s: expected S1, S2, … or none for a new speaker", c.Into)
	case c.Start < 0 || c.End < 0 || c.Start > 0 && c.End == 0:
		return bad("give from %v to %v s: expected times of the stream, both or none", c.Start.Seconds(), c.End.Seconds())
	case c.End > 0 && c.End-c.Start < LeastPart:
		return bad("give from %v to %v s: expected at least %v s", c.Start.Seconds(), c.End.Seconds(), LeastPart.Seconds())
	}
	for i, id := range c.Turns {
		if id < 1 || slices.Contains(c.Turns[:i], id) {
			return bad("give of turn %d: expected ids of turns, each once", id)
		}
	}
	return nil
}

func checkName(name string) error { return checkText("name", name, MaxName) }

func checkText(what, text string, most int) error {
	if err := event.CheckText(what, text, most); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}
