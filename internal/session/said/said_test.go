package said

import (
	"reflect"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/words"
)

func TestTurns(t *testing.T) {
	var tl event.Timeline
	enc := event.Encoder{Stream: "s", Run: "r"}
	events := []event.Event{enc.Start(event.Source{}),
		{Kind: event.TurnEnded, Turn: &event.Turn{ID: 1, Speaker: 2, Start: 1, End: 16000, Confidence: 0.8}},
		{Kind: event.TurnEnded, Turn: &event.Turn{ID: 2, Start: 16000, End: 16001, Confidence: 0}}}
	for i, e := range events {
		e.Stream, e.Run, e.Seq = "s", "r", uint64(i+1)
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	const sample = 62500 * time.Nanosecond
	want := []words.Turn{{Start: sample, End: time.Second, Speaker: "S2", Confidence: 0.8}, {Start: time.Second, End: time.Second + sample}}
	if got := Turns(&tl); !reflect.DeepEqual(got, want) {
		t.Errorf("turns %v, want %v", got, want)
	}
}

func TestSegments(t *testing.T) {
	got := Segments([]rttm.Segment{{Start: 0.1, End: 3.34, Speaker: "ann"}, {Start: 5, End: 6, Speaker: "unknown"}, {Start: 7, End: 8, Speaker: "<NA>"}})
	want := []words.Turn{{Start: 100 * time.Millisecond, End: 3340 * time.Millisecond, Speaker: "ann"},
		{Start: 5 * time.Second, End: 6 * time.Second}, {Start: 7 * time.Second, End: 8 * time.Second}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("turns %v, want %v", got, want)
	}
}
