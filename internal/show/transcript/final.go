package transcript

import (
	"io"

	"github.com/seed-7adb9000/diarizer/event"
)

// Final writes one line for each turn of a timeline, with all corrections applied.
func Final(w io.Writer, tl *event.Timeline, opts Options) error {
	p := New(w, opts)
	lines := p.heading()
	for _, t := range tl.Turns() {
		if t.End > t.Start {
			lines = append(lines, p.line(piece{t.Start, t.End, t.Speaker}, t.Confidence, tl))
		}
	}
	if len(lines) == 1 {
		return nil
	}
	return p.print(tl.Stream(), lines)
}
