// Package latency measures how long after a sound its events come. It needs the events alone.
package latency

import (
	"math"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
)

// Run measures the events of one run. The zero value is ready. Events are applied in order. The moment
// from which a delay is counted, the start or the end of a turn, is in the event itself, so that a
// missing event does no harm.
type Run struct {
	stream, id string
	origin     time.Time
	heard      event.Time
	turns      map[int]*turn
	closed     int
	revised    int

	label, ended pair
	stored       []float64
}

// turn is the state of a turn until the run ends.
type turn struct {
	start   event.Time
	speaker event.Speaker
	// at and wall are the times of the event that first named speaker.
	at      event.Time
	wall    time.Time
	named   bool
	closed  bool
	revised bool
}

// pair has delays in seconds of stream time and of wall-clock time.
type pair struct{ stream, wall []float64 }

// Apply takes an event and the time at which the server stored it, zero if it is not known.
func (r *Run) Apply(e event.Event, stored time.Time) {
	if e.Correction != nil {
		return // a correction after the end, for which nobody waited
	}
	if r.turns == nil {
		r.turns = map[int]*turn{}
	}
	r.stream, r.id, r.heard = e.Stream, e.Run, max(r.heard, e.At)
	if !stored.IsZero() {
		r.stored = append(r.stored, stored.Sub(e.Wall).Seconds())
	}
	switch e.Kind {
	case event.StreamStarted:
		r.origin = e.Source.Origin
	case event.TurnStarted, event.TurnUpdated, event.TurnEnded, event.TurnRevised:
		r.turn(e)
	case event.TurnWithdrawn:
		delete(r.turns, e.Turn.ID)
	case event.SpeakerMerged:
		for _, t := range r.turns {
			if t.speaker == e.Speaker { // both are one person, so the speaker of the turn does not change
				t.speaker = e.Into
			}
		}
	}
}

func (r *Run) turn(e event.Event) {
	if e.Turn.Of != 0 {
		return // a part that a person has given to a speaker, for which nobody waited
	}
	t := r.turns[e.Turn.ID]
	if t == nil {
		t = &turn{start: e.Turn.Start}
		r.turns[e.Turn.ID] = t
	}
	if e.Turn.Speaker != t.speaker {
		if !t.named {
			t.named = true
			r.add(&r.label, e.At, e.Wall, t.start)
		}
		t.speaker, t.at, t.wall = e.Turn.Speaker, e.At, e.Wall
	}
	switch {
	case e.Kind == event.TurnEnded && !t.closed:
		t.closed = true
		r.closed++
		r.add(&r.ended, e.At, e.Wall, e.Turn.End)
	case e.Kind == event.TurnRevised && !t.revised:
		t.revised = true
		r.revised++
	}
}

// add takes a delay since a moment of the stream.
func (r *Run) add(p *pair, at event.Time, wall time.Time, since event.Time) {
	p.stream = append(p.stream, (at - since).Seconds())
	if !r.origin.IsZero() {
		p.wall = append(p.wall, wall.Sub(r.origin.Add(since.Duration())).Seconds())
	}
}

// Delay is the distribution of a delay in seconds.
type Delay struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// Both is a delay in stream time, which is how much more sound had been heard, and in wall-clock time.
// Wall is nil for a stream that was replayed faster than it was spoken, and if the start of the run is
// not known.
type Both struct {
	Stream *Delay `json:"stream"`
	Wall   *Delay `json:"wall,omitempty"`
}

// Summary is the measurement of a run. Delays without any event are nil.
type Summary struct {
	Stream  string  `json:"stream"`
	Run     string  `json:"run"`
	Seconds float64 `json:"seconds"` // heard
	Turns   int     `json:"turns"`   // ended
	Revised int     `json:"revised"` // of them, at least once
	// Label is from the start of a turn to the first event with a speaker.
	Label Both `json:"label"`
	// Settled is from the start of a turn to the event after which its speaker does not
	// change any more.
	Settled Both `json:"settled"`
	// Ended is from the end of a turn to the event that it has ended.
	Ended Both `json:"ended"`
	// Server is from the decision of an event to its storing. The two times are from the
	// clocks of two machines if the server runs on another one.
	Server *Delay `json:"server,omitempty"`
}

// Summary returns the measurement so far.
func (r *Run) Summary() Summary {
	var settled pair
	for _, t := range r.turns {
		if t.speaker != event.Unknown {
			r.add(&settled, t.at, t.wall, t.start)
		}
	}
	return Summary{Stream: r.stream, Run: r.id, Seconds: r.heard.Seconds(), Turns: r.closed, Revised: r.revised,
		Label: r.label.both(), Settled: settled.both(), Ended: r.ended.both(), Server: delay(r.stored)}
}

func (p pair) both() Both {
	b := Both{Stream: delay(p.stream), Wall: delay(p.wall)}
	// A wall-clock delay shorter than the stream's is that of a fast replay.
	if b.Wall != nil && b.Wall.P50 < b.Stream.P50-clockError {
		b.Wall = nil
	}
	return b
}

// clockError is how far, in seconds, the clock of the sound card may be off.
const clockError = 0.05

func delay(seconds []float64) *Delay {
	if len(seconds) == 0 {
		return nil
	}
	s := slices.Sorted(slices.Values(seconds))
	return &Delay{Count: len(s), P50: percentile(s, 0.5), P99: percentile(s, 0.99), Max: s[len(s)-1]}
}

// percentile is the smallest value that a share p of all do not exceed (the
// nearest rank).
func percentile(sorted []float64, p float64) float64 {
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)]
}
