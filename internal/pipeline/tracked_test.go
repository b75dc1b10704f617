package pipeline

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// tracked is a model with a tracker that knows next to nothing.
type tracked struct{ model.Model }

func (tracked) NewTracker() model.Tracker { return &countingTracker{} }

// countingTracker says of frames of 320 samples whether they are loud, and that voices
// take turns and meet by the clock, as soon as lag more samples were heard.
type countingTracker struct {
	at      int64     // samples heard
	kept    []float32 // the latest of them
	emitted int64
}

const (
	trackedStep = 320
	trackedLag  = 40_000
)

func (c *countingTracker) first() int64 { return c.at - int64(len(c.kept)) }

func (c *countingTracker) Push(samples []float32, emit func(int64, model.Presence)) {
	c.kept = append(c.kept, samples...)
	c.at += int64(len(samples))
	for (c.emitted+1)*trackedStep+trackedLag <= c.at {
		c.emit(emit)
	}
	if n := len(c.kept) - 2*trackedLag; n > 0 {
		c.kept = slices.Delete(c.kept, 0, n)
	}
}

func (c *countingTracker) emit(emit func(int64, model.Presence)) {
	loud := false
	for _, v := range c.Sound(c.emitted*trackedStep, (c.emitted+1)*trackedStep, nil) {
		loud = loud || v > 0.01
	}
	var p model.Presence
	if loud {
		p = model.Presence{Speech: 0.9}
		p.Tracks[c.emitted/170%3] = 0.8
		if c.emitted%170 < 30 {
			p.Two, p.Tracks[(c.emitted/170+2)%3] = 0.7, 0.7
		}
	}
	emit(c.emitted, p)
	c.emitted++
}

func (c *countingTracker) Flush(emit func(int64, model.Presence)) {
	for (c.emitted+1)*trackedStep <= c.at {
		c.emit(emit)
	}
}

func (c *countingTracker) Centre(k int64) int64 { return k*trackedStep + trackedStep/2 }

func (c *countingTracker) Sound(from, to int64, dst []float32) []float32 {
	return append(dst, c.kept[from-c.first():to-c.first()]...)
}

func (c *countingTracker) Resting() bool {
	return len(c.kept) == 2*trackedLag && !slices.ContainsFunc(c.kept, func(v float32) bool { return v != 0 })
}

func (c *countingTracker) Skip(times int64) {
	c.at += times * c.Cycle()
	c.emitted += times * c.Cycle() / trackedStep
}

func (c *countingTracker) Cycle() int64 { return 510 * trackedStep }

func (c *countingTracker) fields() []any { return []any{&c.at, &c.kept, &c.emitted} }

func (c *countingTracker) AppendBinary(b []byte) ([]byte, error) {
	return state.Append(b, c.fields()...), nil
}

func (c *countingTracker) UnmarshalBinary(b []byte) error { return state.Restore(b, c.fields()...) }
