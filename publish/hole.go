package publish

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/event"
)

// LostError says that JetStream has deleted messages before the subscriber had read
// them. Messages of other streams count too.
type LostError struct {
	// First and Last are their numbers in the JetStream stream.
	First, Last uint64
}

// Error names the messages and the cause.
func (e *LostError) Error() string {
	return fmt.Sprintf("messages %d to %d of JetStream stream %s were deleted before they were read, by its limits of age and size or by hand: events may be missing; \"nats stream edit\" changes the limits",
		e.First, e.Last, JetStreamName)
}

// Is matches [event.ErrHole].
func (e *LostError) Is(target error) bool { return target == event.ErrHole }

// mostRuns is how many runs a subscriber remembers, the last heard of.
const mostRuns = 1024

// heard remembers the last event of each run. The zero value is ready.
type heard struct {
	runs  map[string]mark
	clock uint64
}

type mark struct{ seq, heard uint64 }

// last returns the number of the last event of a run, if it is known.
func (h *heard) last(run string) (seq uint64, known bool) {
	m, ok := h.runs[run]
	return m.seq, ok
}

// before reports whether e or a later event of its run was heard before.
func (h *heard) before(e event.Event) bool { return e.Seq <= h.runs[e.Run].seq }

func (h *heard) event(e event.Event) {
	if h.runs == nil {
		h.runs = map[string]mark{}
	}
	h.clock++
	h.runs[e.Run] = mark{max(e.Seq, h.runs[e.Run].seq), h.clock}
	if len(h.runs) <= mostRuns {
		return
	}
	oldest := e.Run
	for run, m := range h.runs {
		if m.heard < h.runs[oldest].heard {
			oldest = run
		}
	}
	delete(h.runs, oldest)
}
