package metrics

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// timeline sweeps over the boundaries of two annotations and adds up the counts between each boundary and
// the next.
type timeline struct {
	events      []event
	skipOverlap bool
	ref, hyp    tier
	evaluated   int // regions open now
	collars     int // collars open now

	sum    Score           // Speech to Confusion, and Detection
	whole  []time.Duration // evaluated time of reference speaker r and hypothesis speaker h at [r·H + h]
	scored []time.Duration // the scored time, in the same order
}

// event opens (step 1) or closes (step −1) something.
type event struct {
	at   int64 // nanoseconds
	kind kind
	who  int // speaker, for turns
	step int
}

type kind int

const (
	refTurn kind = iota
	hypTurn
	collar
	region
)

// tier is the speakers of one annotation.
type tier struct {
	names []string // sorted, so that the order of segments changes nothing
	depth []int    // turns open now, by speaker
	now   []int    // speakers with any
	time  []time.Duration
}

func newTier(segments []rttm.Segment) tier {
	var names []string
	for _, s := range segments {
		names = append(names, s.Speaker)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return tier{names: names, depth: make([]int, len(names)), time: make([]time.Duration, len(names))}
}

func (t *tier) step(who, by int) {
	before := t.depth[who] > 0
	t.depth[who] += by
	switch after := t.depth[who] > 0; {
	case after && !before:
		t.now = append(t.now, who)
	case before && !after:
		i := slices.Index(t.now, who)
		t.now = slices.Delete(t.now, i, i+1)
	}
}

// speakers is the number of those who have spoken.
func (t *tier) speakers() int {
	n := 0
	for _, d := range t.time {
		if d > 0 {
			n++
		}
	}
	return n
}

func newTimeline(ref, hyp []rttm.Segment, opts Options) (*timeline, error) {
	t := &timeline{ref: newTier(ref), hyp: newTier(hyp), skipOverlap: opts.SkipOverlap}
	r, h := len(t.ref.names), len(t.hyp.names)
	if r*h > maxPairs {
		return nil, fmt.Errorf("%w: %d in the reference, %d in the hypothesis: expected at most %d pairs",
			ErrSpeakers, r, h, maxPairs)
	}
	t.whole, t.scored = make([]time.Duration, r*h), make([]time.Duration, r*h)
	if !(opts.Collar >= 0 && opts.Collar <= rttm.MaxSeconds) {
		return nil, fmt.Errorf("%w: collar %v: expected seconds, 0 or more", ErrTime, opts.Collar)
	}
	for _, turns := range []struct {
		kind     kind
		tier     *tier
		segments []rttm.Segment
		what     string
	}{{refTurn, &t.ref, ref, "reference segment"}, {hypTurn, &t.hyp, hyp, "hypothesis segment"}} {
		for _, s := range turns.segments {
			from, to, err := nanoseconds(turns.what, s.Start, s.End)
			if err != nil {
				return nil, err
			}
			who, _ := slices.BinarySearch(turns.tier.names, s.Speaker)
			t.open(turns.kind, who, from, to)
			if c := toNano(opts.Collar); c > 0 && turns.kind == refTurn {
				t.open(collar, 0, from-c, from+c)
				t.open(collar, 0, to-c, to+c)
			}
		}
	}
	for _, r := range opts.Regions {
		from, to, err := nanoseconds("region", r.Start, r.End)
		if err != nil {
			return nil, err
		}
		t.open(region, 0, from, to)
	}
	if len(opts.Regions) == 0 {
		t.evaluated = 1
	}
	return t, nil
}

func (t *timeline) open(k kind, who int, from, to int64) {
	if from < to {
		t.events = append(t.events, event{from, k, who, 1}, event{to, k, who, -1})
	}
}

func (t *timeline) run() {
	slices.SortFunc(t.events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	for i, e := range t.events {
		if i > 0 {
			t.span(time.Duration(e.at - t.events[i-1].at))
		}
		switch e.kind {
		case refTurn:
			t.ref.step(e.who, e.step)
		case hypTurn:
			t.hyp.step(e.who, e.step)
		case collar:
			t.collars += e.step
		case region:
			t.evaluated += e.step
		}
	}
}

// span counts a stretch of time in which nothing changes.
func (t *timeline) span(d time.Duration) {
	if d == 0 || t.evaluated == 0 {
		return
	}
	r, h := len(t.ref.now), len(t.hyp.now)
	t.count(t.whole, d)
	for _, who := range t.ref.now {
		t.ref.time[who] += d
	}
	for _, who := range t.hyp.now {
		t.hyp.time[who] += d
	}
	if t.collars > 0 || t.skipOverlap && r > 1 {
		return
	}
	t.count(t.scored, d)
	t.sum.Speech += time.Duration(r) * d
	t.sum.Miss += time.Duration(max(0, r-h)) * d
	t.sum.FalseAlarm += time.Duration(max(0, h-r)) * d
	t.sum.Confusion += time.Duration(min(r, h)) * d // less what is paired, later
	switch {
	case r > 0 && h == 0:
		t.sum.Detection.Miss += d
	case r == 0 && h > 0:
		t.sum.Detection.FalseAlarm += d
	}
	if r > 0 {
		t.sum.Detection.Speech += d
	}
}

func (t *timeline) count(pairs []time.Duration, d time.Duration) {
	for _, r := range t.ref.now {
		for _, h := range t.hyp.now {
			pairs[r*len(t.hyp.names)+h] += d
		}
	}
}
