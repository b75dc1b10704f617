package main

import (
	"errors"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
)

// timelines holds the timelines of the streams whose events came: of each stream that of the
// latest run, and with all that of every run.
type timelines struct {
	all bool
	// whole is whether every turn is needed, and not only the segments.
	whole   bool
	runs    map[runKey]*event.Timeline
	latest  map[string]string // stream to run
	order   event.Runs
	streams []string // in order of appearance
	partial bool     // runs may begin in their middle
}

type runKey struct{ stream, run string }

func newTimelines(partial bool) *timelines {
	return &timelines{runs: map[runKey]*event.Timeline{}, latest: map[string]string{}, partial: partial}
}

// apply applies e to the timeline of its run. After the error [event.ErrHole], e has been
// applied nevertheless.
func (t *timelines) apply(e event.Event) error {
	tl := t.runs[runKey{e.Stream, e.Run}]
	if tl == nil {
		tl = t.add(e)
	}
	hole := tl.Apply(e)
	if errors.Is(hole, event.ErrHole) {
		tl.Skip(e)
		return errors.Join(hole, tl.Apply(e))
	}
	return hole
}

func (t *timelines) add(e event.Event) *event.Timeline {
	before, ok := t.latest[e.Stream]
	later := t.order.Later(e, before)
	tl := &event.Timeline{}
	if t.partial || !t.all && !later { // its timeline may have been dropped
		tl = event.NewPartialTimeline()
	}
	if !t.whole {
		tl.Bound(keptTurns)
	}
	t.runs[runKey{e.Stream, e.Run}] = tl
	if !ok {
		t.streams = append(t.streams, e.Stream)
	}
	if later {
		t.latest[e.Stream] = e.Run
		if ok && !t.all {
			delete(t.runs, runKey{e.Stream, before})
		}
	}
	return tl
}

// keptTurns is how many turns of a run are kept as turns where only segments are needed.
const keptTurns = 20000

// ended reports whether the latest run of every wanted stream has ended. Without wanted
// streams, all streams count.
func (t *timelines) ended(wanted []string) bool {
	if len(wanted) == 0 {
		wanted = t.streams
	}
	for _, s := range wanted {
		tl := t.runs[runKey{s, t.latest[s]}]
		if tl == nil || tl.Ended() == nil {
			return false
		}
	}
	return len(wanted) > 0
}

// list returns the timelines of the latest run of every stream, or of all runs. Streams are
// in the order of their first events, and the runs of a stream in their order.
func (t *timelines) list(all bool) []*event.Timeline {
	var out []*event.Timeline
	for _, s := range t.streams {
		if !all {
			out = append(out, t.runs[runKey{s, t.latest[s]}])
			continue
		}
		var runs []string
		for key := range t.runs {
			if key.stream == s {
				runs = append(runs, key.run)
			}
		}
		slices.SortFunc(runs, func(a, b string) int { return t.order.Compare(s, a, b) })
		for _, run := range runs {
			out = append(out, t.runs[runKey{s, run}])
		}
	}
	return out
}
