package event

import (
	"errors"
	"fmt"
)

// ErrHole is matched by the error for events that are missing: that of a
// [Timeline] or [Live] that was given an event too late in its run, and that of
// a subscription for what the server has no more.
var ErrHole = errors.New("events missing")

// HoleError says which events of a run are missing.
type HoleError struct {
	Stream, Run string
	// Want is the sequence number that was due, Got the one that came.
	Want, Got uint64
	// Gone, where not empty, names the store that has not, or no longer, the events.
	Gone string
}

// Error names the missing sequence numbers and what to do.
func (e *HoleError) Error() string {
	advice := "read the stream from its beginning"
	switch {
	case e.Gone != "":
		advice = e.Gone + " does not have them (any more)"
	case e.Want == 1:
		advice += ", unless its limits have deleted that"
	}
	return fmt.Sprintf("stream %s, run %s: events %d to %d are missing: %s", e.Stream, e.Run, e.Want, e.Got-1, advice)
}

// Is matches [ErrHole].
func (e *HoleError) Is(target error) bool { return target == ErrHole }
