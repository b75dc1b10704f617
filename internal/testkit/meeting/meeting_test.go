package meeting_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

func Example() {
	var t event.Timeline
	for _, e := range meeting.Events(meeting.Options{Turns: 30, Names: []string{"Ada", "Grace"}}) {
		if err := t.Apply(e); err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(t.Speakers(), "speakers,", t.Name(1), "and", t.Name(2), "among them;", t.Ended().Reason)
	// Output:
	// 4 speakers, Ada and Grace among them; finished
}

// What is made up obeys the contract and holds every kind of event but one.
func TestEventsFollowTheContract(t *testing.T) {
	kinds := map[event.Kind]int{}
	for seed := range uint64(30) {
		var tl event.Timeline
		events := meeting.Events(meeting.Options{Seed: seed, Turns: 60, Speakers: 1 + int(seed%9), Names: []string{"Ada"}})
		for _, e := range events {
			data, err := e.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := event.Decode(data); err != nil {
				t.Fatal(err)
			}
			if err := tl.Apply(e); err != nil {
				t.Fatal(err)
			}
			kinds[e.Kind]++
		}
		if most, got := 1+int(seed%9), tl.Speakers(); got < min(4, most) || got > most {
			t.Errorf("seed %d: %d of %d speakers", seed, got, most)
		}
		for _, turn := range tl.Turns() {
			if tl.Open(turn.ID) || turn.State == event.Provisional {
				t.Errorf("seed %d: turn %+v at the end", seed, turn)
			}
		}
	}
	for _, k := range []event.Kind{event.StreamStarted, event.StreamEnded, event.TurnStarted, event.TurnUpdated,
		event.TurnEnded, event.TurnRevised, event.SpeakerAdded, event.SpeakerMerged, event.SpeakerIdentified,
		event.GapFound, event.StatusReported} {
		if kinds[k] == 0 {
			t.Errorf("no %s", k)
		}
	}
}

func TestSameOptionsSameEvents(t *testing.T) {
	a, b := meeting.Events(meeting.Options{Seed: 3}), meeting.Events(meeting.Options{Seed: 3})
	if !reflect.DeepEqual(a, b) {
		t.Error("two meetings of one seed differ")
	}
}

func TestPlayHandsOverAllInOrder(t *testing.T) {
	events := meeting.Events(meeting.Options{})
	var got []event.Event
	if err := meeting.Play(context.Background(), events, 1e6, func(e event.Event) error {
		got = append(got, e)
		return nil
	}); err != nil || !reflect.DeepEqual(got, events) {
		t.Errorf("%d of %d events, %v", len(got), len(events), err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := meeting.Play(ctx, events[20:], 1e-3, func(event.Event) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
