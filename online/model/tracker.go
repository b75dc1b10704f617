package model

import (
	"encoding"

	"github.com/seed-7adb9000/diarizer/segment"
)

// Tracking is implemented by a [Model] that can hear how many people speak at a time.
type Tracking interface {
	// NewTracker returns the tracker of a new stream, nil where the model has none.
	NewTracker() Tracker
}

// Tracker hears how many people speak at a time, some seconds after they do. It is
// for one goroutine.
type Tracker interface {
	// Push takes the stream's next samples, at 16 kHz, a second of them at most, and
	// calls emit for every frame that is certain now, in order.
	Push(samples []float32, emit func(frame int64, p Presence))
	// Flush ends the stream and calls emit for the frames that are still to come.
	Flush(emit func(frame int64, p Presence))
	// Centre returns the sample of the stream that the middle of a frame is at.
	Centre(frame int64) int64
	// Sound appends the samples of the stream from one position to another to dst,
	// as the tracker has kept them. Those can be had that come after the frame that
	// was emitted by the Push before the last one that emitted any, until more than
	// 0.1 s have been pushed since the last one.
	Sound(from, to int64, dst []float32) []float32
	// Resting reports whether all that the tracker knows of is silence, exactly 0.
	Resting() bool
	// Skip does what pushing times·Cycle samples of 0 would do while the tracker is
	// Resting. It emits no frames.
	Skip(times int64)
	// Cycle is the number of samples after which silence makes no difference.
	Cycle() int64
	// The state of a tracker, for another one of the same model to go on with.
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

// Presence says who speaks in one frame.
type Presence struct {
	// Speech is the probability that anybody speaks, Two the probability that more than
	// one person speaks.
	Speech, Two float32
	// Tracks are the probabilities that each of three voices speaks. A voice keeps its
	// track for some seconds, while it is heard.
	Tracks [segment.Tracks]float32
}
