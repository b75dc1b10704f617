package event

import "cmp"

// mostRuns is how many runs Runs remembers, over all streams.
const mostRuns = 4096

// Runs tells a reader of events which run of a stream is the latest. A run that the reader
// sees begin is later than all runs that it has seen before. The clocks in the ids of runs
// do not count there: a clock may be set back, and two machines may differ. Ids are compared
// only where a run comes in its middle, since the reader has not seen its start. The zero
// value is ready.
//
// Runs remembers the last few thousand runs, so that an event that comes late or twice does
// not make an earlier run the latest again.
type Runs struct {
	places map[runKey]uint64 // the order of the starts; 0 is before all starts that were seen
	seen   []runKey          // in the order of their first events
	last   uint64
}

type runKey struct{ stream, run string }

// Later reports whether the run of e is a later one of its stream than latest. That is the
// stream's latest run by the answers so far, or empty before its first event. The first
// event of each run that the reader gets has to come by here, in the order of the events.
func (r *Runs) Later(e Event, latest string) bool {
	if e.Run == latest && latest != "" {
		return false
	}
	if _, known := r.places[runKey{e.Stream, e.Run}]; !known {
		r.add(e, latest)
	}
	return latest == "" || r.Compare(e.Stream, e.Run, latest) > 0
}

// Compare compares two runs of a stream by their order, as [cmp.Compare] does. Runs that are
// not known come first, by their ids.
func (r *Runs) Compare(stream, a, b string) int {
	return cmp.Or(cmp.Compare(r.places[runKey{stream, a}], r.places[runKey{stream, b}]), cmp.Compare(a, b))
}

func (r *Runs) add(e Event, latest string) {
	if r.places == nil {
		r.places = map[runKey]uint64{}
	}
	if len(r.seen) == mostRuns {
		delete(r.places, r.seen[0])
		r.seen = r.seen[1:]
	}
	key, place := runKey{e.Stream, e.Run}, uint64(0)
	if e.Seq == 1 || e.Run > latest {
		r.last++
		place = r.last
	}
	r.places[key], r.seen = place, append(r.seen, key)
}
