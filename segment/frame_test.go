package segment

import (
	"math"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/features"
)

// TestEventsHaveTheMeansOfTheirFrames holds that level, overlap and tracks of an event are
// those of its frames on average, whatever was in the frames before.
func TestEventsHaveTheMeansOfTheirFrames(t *testing.T) {
	s, err := NewSegmenter(Config{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []Event
	emit := func(ev Event) {
		if len(ev.Frames) > 0 {
			got = append(got, ev)
		}
	}
	at := int64(0)
	push := func(n int, f Frame) {
		for range n {
			at += features.Hop
			f.Features = []float64{0}
			s.Push(at, f, emit)
		}
	}
	push(5, Frame{Speech: true, Level: -10, Two: 1, Tracks: [Tracks]float32{1, 0.5, 0}})
	push(5, Frame{Speech: true, Level: -20, Two: 0.5, Tracks: [Tracks]float32{0, 0.5, 0}})
	push(4, Frame{Level: -3, Two: 1})
	push(6, Frame{Speech: true})
	if len(got) != 2 {
		t.Fatalf("%d events with frames, expected 2", len(got))
	}
	if want := 10 * math.Log10((0.1+0.01)/2); math.Abs(got[0].Level-want) > 1e-9 {
		t.Errorf("level %v, expected %v", got[0].Level, want)
	}
	if ev := got[0]; math.Abs(float64(ev.Two)-0.75) > 1e-6 || !ev.Crowd || math.Abs(float64(ev.Tracks[0])-0.5) > 1e-6 {
		t.Errorf("two %v, crowd %v, tracks %v, expected 0.75, true and 0.5, 0.5, 0", ev.Two, ev.Crowd, ev.Tracks)
	}
	if ev := got[1]; ev.Level != 0 || ev.Two != 0 || ev.Crowd || ev.Tracks != [Tracks]float32{} {
		t.Errorf("level %v, two %v, tracks %v of frames of which only features are known", ev.Level, ev.Two, ev.Tracks)
	}
}

// TestHandoverCuts holds that an utterance is cut where speech has passed to another track,
// and not where a track is heard for a moment.
func TestHandoverCuts(t *testing.T) {
	s, err := NewSegmenter(Config{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int64
	emit := func(ev Event) {
		if ev.Closed {
			ends = append(ends, ev.Utterance.End/features.Hop)
		}
	}
	at := int64(0)
	speak := func(n, track int) {
		for range n {
			at += features.Hop
			f := Frame{Features: []float64{0}, Speech: true}
			f.Tracks[track] = 0.9
			s.Push(at, f, emit)
		}
	}
	speak(100, 0)
	speak(handoverFrames-1, 1) // a moment
	speak(21, 0)
	speak(60, 2)
	s.Flush(at, emit)
	if want := []int64{160, 220}; !slices.Equal(ends, want) {
		t.Errorf("utterances end at frames %v, expected %v", ends, want)
	}
}
