package event_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	. "github.com/seed-7adb9000/diarizer/event"
)

// The run that begins last is the latest, in whatever order the ids are, however late or
// often the events of earlier runs come.
func TestTheLatestRunIsTheOneThatBeganLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.Permutation([]string{"a", "b", "c", "d", "e"}).Draw(t, "ids")
		middle := rapid.Bool().Draw(t, "middle") // the reader joins in the middle of the first run
		var runs Runs
		latest := ""
		for i, id := range ids {
			seq := uint64(1)
			if i == 0 && middle {
				seq = 7
			}
			if e := (Event{Stream: "s", Run: id, Seq: seq}); !runs.Later(e, latest) {
				t.Fatalf("run %s, which begins behind %v, is not the latest", id, ids[:i])
			}
			latest = id
			for range rapid.IntRange(0, 5).Draw(t, "again") {
				e := Event{Stream: "s", Run: rapid.SampledFrom(ids[:i+1]).Draw(t, "run"), Seq: rapid.Uint64Range(1, 9).Draw(t, "seq")}
				if runs.Later(e, latest) {
					t.Fatalf("event %s makes its run later than %s, of %v", e.ID(), latest, ids[:i+1])
				}
			}
			if i > 0 && runs.Compare("s", ids[i-1], id) >= 0 {
				t.Fatalf("run %s is not before %s", ids[i-1], id)
			}
		}
	})
}

// Of a run whose start was not seen, the id is all there is.
func TestRunsWithoutAStartAreComparedByID(t *testing.T) {
	var runs Runs
	at := func(stream, run string, seq uint64) Event { return Event{Stream: stream, Run: run, Seq: seq} }
	for i, c := range []struct {
		e      Event
		latest string
		want   bool
	}{
		{at("s", "m", 40), "", true},
		{at("s", "c", 90), "m", false},
		{at("s", "x", 90), "m", true},
		{at("s", "m", 41), "x", false},
		{at("other", "b", 1), "", true}, // each stream for itself
		{at("s", "b", 1), "x", true},
		{at("s", "x", 91), "b", false},
		{at("s", "c", 91), "b", false},
		{at("s", "b", 2), "b", false},
	} {
		if got := runs.Later(c.e, c.latest); got != c.want {
			t.Errorf("%d: event %s with the latest run %q: %v, expected %v", i, c.e.ID(), c.latest, got, c.want)
		}
	}
}

// A reader of years remembers so many runs and no more.
func TestRunsAreForgotten(t *testing.T) {
	var runs Runs
	latest := ""
	for i := range 3 * MostRuns {
		run := fmt.Sprintf("r%06d", 999999-i)
		if !runs.Later(Event{Stream: "s", Run: run, Seq: 1}, latest) {
			t.Fatalf("run %d is not the latest", i)
		}
		latest = run
	}
	if n := runs.Known(); n != MostRuns {
		t.Errorf("%d runs are known, expected %d", n, MostRuns)
	}
}
