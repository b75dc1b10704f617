package event_test

import (
	"encoding/json"
	"reflect"
	"testing"

	. "github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/online"
)

// A run that another process takes over at any of its events is the same run.
func TestEncoderResumes(t *testing.T) {
	decisions := eventtest.Conversation(eventtest.Seeded(60), 40)
	whole := Encoder{Stream: "meeting", Run: "run", Now: eventtest.Wall()}
	now := eventtest.Wall()
	part := Encoder{Stream: "meeting", Run: "run", Now: now}
	for i, d := range decisions {
		if want, got := online.Encode(&whole, d), online.Encode(&part, d); !reflect.DeepEqual(want, got) {
			t.Fatalf("decision %d: %+v\nexpected %+v", i, got, want)
		}
		data, err := json.Marshal(part.State())
		if err != nil {
			t.Fatal(err)
		}
		var s EncoderState
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatal(err)
		}
		part = Encoder{Now: now}
		if err := part.Resume(s); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEncoderStateThatCannotBe(t *testing.T) {
	good := EncoderState{Stream: "meeting", Run: "run", Seq: 3, Revision: 1}
	for _, bad := range []func(*EncoderState){
		func(s *EncoderState) { s.Stream = "a b" },
		func(s *EncoderState) { s.Run = "" },
		func(s *EncoderState) { s.Revision = 4 },
	} {
		s := good
		bad(&s)
		e := Encoder{Stream: "other", Run: "before", Seq: 7}
		if err := e.Resume(s); err == nil || e.Seq != 7 {
			t.Errorf("resumed from %+v, %v", s, err)
		}
	}
}
