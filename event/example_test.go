package event_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
)

func Example() {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	enc := event.Encoder{Stream: event.StreamID("talks/Stand-up.wav"), Run: "run1",
		Now: func() time.Time { return noon }}
	events := []event.Event{
		enc.Start(event.Source{Name: "Stand-up"}),
		online.Encode(&enc, online.Event{Kind: online.SpeakerAdded, At: 24000, Speaker: 1}),
		online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: 40000, Turn: online.Turn{
			ID: 1, Speaker: 1, Start: 8000, End: 36000, LogP: 12.5, Confidence: 0.97, State: online.Final}}),
		enc.Identify(48000, 1, "Ada", 0.99),
		enc.Finish(48000, event.Finished, ""),
	}

	// Somewhere else, they are read and applied.
	var timeline event.Timeline
	for _, e := range events {
		line, _ := json.Marshal(e)
		if e.Kind == event.TurnEnded {
			fmt.Println(publish.Subject(e.Stream, e.Kind))
			fmt.Println(string(line))
		}
		received, err := event.Decode(line)
		if err == nil {
			err = timeline.Apply(received)
		}
		if err != nil {
			fmt.Println(err)
		}
	}
	for _, s := range timeline.Segments() {
		fmt.Printf("%s: %s from %.2f s to %.2f s\n", s.File, s.Speaker, s.Start, s.End)
	}
	// Output:
	// diarizer.v1.Stand-up.turn-ended
	// {"stream":"Stand-up","run":"run1","seq":3,"kind":"turn-ended","time":2.5,"samples":40000,"wall":"2026-03-01T12:00:00Z","revision":0,"turn":{"id":1,"speaker":"S1","start":0.5,"end":2.25,"logp":12.5,"confidence":0.97,"state":"final"}}
	// Stand-up: Ada from 0.50 s to 2.25 s
}
