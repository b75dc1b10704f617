package latency

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

var origin = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// run makes the events of turns of two seconds. A turn gets a speaker after one second and another one
// at its end, which is told late by the given number of samples.
func run(speed float64, lag time.Duration, late ...int64) *Run {
	var now time.Time
	at := func(samples int64) {
		now = origin.Add(time.Duration(float64(event.Time(samples).Duration())/speed) + lag)
	}
	enc := event.Encoder{Stream: "standup", Run: "run", Now: func() time.Time { return now }}
	r := &Run{}
	r.Apply(enc.Start(event.Source{Origin: origin}), time.Time{})
	start := int64(0)
	for i, l := range late {
		t := online.Turn{ID: i + 1, Start: start, End: start + 8000}
		say := func(kind online.Kind, samples int64, speaker int, end int64) {
			t.Speaker, t.End = speaker, end
			at(samples)
			r.Apply(online.Encode(&enc, online.Event{Kind: kind, At: samples, Turn: t}), now.Add(3*time.Millisecond))
		}
		say(online.TurnStarted, start+8000, online.Unknown, start+8000)
		say(online.TurnUpdated, start+16000, 1, start+16000)
		say(online.TurnEnded, start+32000+l, 2, start+32000)
		start += 48000 + l
	}
	return r
}

func TestDelaysAreWhatTheEventsSay(t *testing.T) {
	s := run(1, 40*time.Millisecond, 1600, 3200, 4800).Summary()
	for what, d := range map[string]struct {
		got            *Delay
		count          int
		p50, p99, most float64
	}{
		"label":         {s.Label.Stream, 3, 1, 1, 1},
		"label, wall":   {s.Label.Wall, 3, 1.04, 1.04, 1.04},
		"settled":       {s.Settled.Stream, 3, 2.2, 2.3, 2.3},
		"settled, wall": {s.Settled.Wall, 3, 2.24, 2.34, 2.34},
		"ended":         {s.Ended.Stream, 3, 0.2, 0.3, 0.3},
		"ended, wall":   {s.Ended.Wall, 3, 0.24, 0.34, 0.34},
		"server":        {s.Server, 9, 0.003, 0.003, 0.003},
	} {
		want := Delay{Count: d.count, P50: d.p50, P99: d.p99, Max: d.most}
		if d.got == nil || rounded(*d.got) != rounded(want) {
			t.Errorf("%s: %+v, expected %+v", what, d.got, want)
		}
	}
	if s.Turns != 3 || s.Revised != 0 {
		t.Errorf("%+v", s)
	}
}

func rounded(d Delay) string {
	return fmt.Sprintf("%d %.6f %.6f %.6f", d.Count, d.P50, d.P99, d.Max)
}

func TestFastReplayHasNoWallClock(t *testing.T) {
	s := run(20, 0, 1600, 3200).Summary()
	if s.Label.Wall != nil || s.Ended.Wall != nil || s.Label.Stream == nil {
		t.Errorf("20 times as fast: %+v", s)
	}
	if s := new(Run).Summary(); s.Label.Stream != nil || s.Server != nil {
		t.Errorf("of nothing: %+v", s)
	}
}

func TestPercentile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-10, 10), 1, 300).Draw(t, "values")
		slices.Sort(values)
		for _, p := range []float64{0.5, 0.99} {
			v := percentile(values, p)
			below, upTo := 0, 0
			for _, x := range values {
				if x < v {
					below++
				}
				if x <= v {
					upTo++
				}
			}
			if n := p * float64(len(values)); float64(upTo) < n || float64(below) >= n {
				t.Fatalf("%v of %v: %v", p, values, v)
			}
		}
	})
}

func Example() {
	s := run(1, 40*time.Millisecond, 1600, 3200).Summary()
	fmt.Printf("a speaker after %.2f s, in the middle\n", s.Label.Wall.P50)
	// Output: a speaker after 1.04 s, in the middle
}
