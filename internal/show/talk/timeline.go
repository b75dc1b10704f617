package talk

import (
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// Segments returns the turns of a timeline with the speakers' names, which may hold what a
// line of RTTM cannot. Turns without length are left out.
func Segments(t *event.Timeline) []rttm.Segment {
	var all []rttm.Segment
	for _, turn := range t.Turns() {
		if turn.End > turn.Start {
			all = append(all, rttm.Segment{File: t.Recording(), Start: turn.Start.Seconds(), End: turn.End.Seconds(), Speaker: t.Name(turn.Speaker)})
		}
	}
	return all
}
