package main

import (
	"fmt"
	"slices"
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

// A run that begins after the clock was set back is the latest, although its id is below
// that of the run before.
func TestTimelinesAfterTheClockWentBack(t *testing.T) {
	for _, all := range []bool{false, true} {
		known := newTimelines(false)
		known.all = all
		apply := func(events ...event.Event) {
			t.Helper()
			for _, e := range events {
				if err := known.apply(e); err != nil {
					t.Fatalf("event %s: %v", e.ID(), err)
				}
			}
		}
		old, now := event.Encoder{Stream: "room", Run: "b"}, event.Encoder{Stream: "room", Run: "a"}
		before := []event.Event{old.Start(event.Source{}), old.Gap(0, 16000), old.Finish(16000, event.Finished, "")}
		begun := []event.Event{now.Start(event.Source{}), now.Gap(0, 32000)}
		goesOn := func(why string) {
			t.Helper()
			if got := known.list(false); len(got) != 1 || got[0].Run() != "a" || got[0].Seq() != 2 || known.ended(nil) {
				t.Errorf("all %v, %s: the latest run is %s:%d, ended %v; expected a:2, which goes on", all, why, got[0].Run(), got[0].Seq(), known.ended(nil))
			}
		}
		if apply(before...); !known.ended(nil) {
			t.Errorf("all %v: the first run has not ended", all)
		}
		apply(begun...)
		goesOn("after its start")
		late := old.Identify(16000, 1, "Ada", 1)
		late.Correction = &event.Correction{ID: "c1", Action: "rename", Speaker: 1, Name: "Ada"}
		apply(late)
		goesOn("after a correction of the run before")
		if tl := known.runs[runKey{"room", "b"}]; tl == nil || tl.Name(1) != "Ada" {
			t.Errorf("all %v: the correction did not reach its run", all)
		}
		for _, e := range slices.Concat(before, []event.Event{late}, begun) { // read again from the beginning
			apply(e)
			goesOn("again")
		}
		if runs := known.list(true); all && (len(runs) != 2 || runs[0].Run() != "b" || runs[1].Run() != "a") {
			t.Errorf("%d runs, the first of them %s", len(runs), runs[0].Run())
		}
	}
}
