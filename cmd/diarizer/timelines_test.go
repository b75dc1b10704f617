package main

import (
	"fmt"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
)

// A watch of weeks keeps the latest run of each stream and no other, except with --all.
func TestTimelinesOfTheLatestRuns(t *testing.T) {
	for _, all := range []bool{false, true} {
		known := newTimelines(false)
		known.all = all
		var first event.Event
		for i := range 50 {
			enc := event.Encoder{Stream: fmt.Sprint("room-", i%2), Run: fmt.Sprintf("run-%03d", i)}
			first = enc.Start(event.Source{})
			for _, e := range []event.Event{first, enc.Gap(0, 16000), enc.Finish(16000, event.Finished, "")} {
				if err := known.apply(e); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := map[bool]int{false: 2, true: 50}[all]
		if len(known.runs) != want || len(known.list(all)) != want || !known.ended(nil) {
			t.Errorf("all %v: %d runs are kept, expected %d", all, len(known.runs), want)
		}
		late := event.Encoder{Stream: "room-0", Run: "run-000", Seq: 3}
		if err := known.apply(late.Gap(0, 16000)); err != nil {
			t.Errorf("all %v: an event of a run that is over: %v", all, err)
		}
		if got := known.list(false)[0].Run(); got != "run-048" {
			t.Errorf("the latest run is %s", got)
		}
	}
}
