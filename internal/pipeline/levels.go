package pipeline

import (
	"math"

	"github.com/seed-7adb9000/diarizer/segment"
)

// levels remembers how loud the latest frames were, so that an event that
// carries frames can say it.
type levels struct {
	power [segment.AtomFrames]float64 // of frame i at i modulo the length
}

// add takes the level of a frame in dBFS.
func (l *levels) add(frame int64, dBFS float32) {
	l.power[frame%int64(len(l.power))] = math.Pow(10, float64(dBFS)/10)
}

// even reports whether the levels are all alike.
func (l *levels) even() bool {
	for _, p := range l.power {
		if p != l.power[0] {
			return false
		}
	}
	return true
}

// into returns emit with the level of each event's frames filled in. Events
// carry the frames of one atom at most, the latest ones.
func (l *levels) into(emit func(segment.Event)) func(segment.Event) {
	return func(ev segment.Event) {
		if len(ev.Frames) > 0 {
			first := ev.FrameStart / segment.Hop
			last := (ev.Utterance.End - 1) / segment.Hop
			var sum float64
			for i := first; i <= last; i++ {
				sum += l.power[i%int64(len(l.power))]
			}
			ev.Level = 10 * math.Log10(sum/float64(last-first+1)+1e-12)
		}
		emit(ev)
	}
}
