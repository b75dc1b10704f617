package event_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	. "github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/online"
)

// A timeline that is bounded has the same segments at every moment, as long as what
// is corrected one by one is among the turns that it keeps; and it keeps no more.
func TestBoundedTimelineHasTheSameSegments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(20, 60).Draw(t, "most")
		events := eventtest.Encoded(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 5)), "meeting", 250)
		var all, bounded Timeline
		bounded.Bound(most)
		back := Speaker(0) // a merge of it was taken back
		for i, e := range events {
			if e.Turn != nil && back > 0 && e.Kind != TurnWithdrawn && e.Turn.ID%3 == 0 {
				turn := *e.Turn
				turn.Speaker = back
				e.Turn = &turn
			}
			if e.Kind == SpeakerMerged {
				back = e.Speaker
			}
			for _, tl := range []*Timeline{&all, &bounded} {
				if err := tl.Apply(e); err != nil {
					t.Fatal(err)
				}
			}
			if n := len(bounded.Turns()) - bounded.Unended(); n > most {
				t.Fatalf("%d closed turns are kept, expected at most %d", n, most)
			}
			if i%20 == 0 || i == len(events)-1 {
				if got, want := bounded.Segments(), all.Segments(); !slices.Equal(got, want) {
					t.Fatalf("after event %d: %d segments, expected %d: %v", i+1, len(got), len(want), firstOther(got, want))
				}
			}
		}
		if bounded.Settled() == 0 || bounded.Speakers() != all.Speakers() {
			t.Errorf("%d turns settled, %d speakers, expected %d", bounded.Settled(), bounded.Speakers(), all.Speakers())
		}
	})
}

func firstOther(got, want []rttm.Segment) [2]rttm.Segment {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return [2]rttm.Segment{got[i], want[i]}
		}
	}
	return [2]rttm.Segment{}
}

// What is said of a turn that is settled changes nothing, not even twice.
func TestSettledTurnsStay(t *testing.T) {
	var tl Timeline
	tl.Bound(1)
	enc := Encoder{Stream: "s", Run: "r"}
	apply := func(e Event) {
		t.Helper()
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	apply(enc.Start(Source{Name: "x"}))
	for id := range 4 {
		turn := online.Turn{ID: id, Speaker: 1, Start: int64(id) * 100, End: int64(id)*100 + 50}
		apply(online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: turn.End, Turn: turn}))
	}
	before := tl.Segments()
	if len(before) != 4 || len(tl.Turns()) != 1 {
		t.Fatalf("%d segments, %d turns kept", len(before), len(tl.Turns()))
	}
	late := online.Turn{ID: 0, Speaker: 2, Start: 0, End: 10}
	for _, kind := range []online.Kind{online.TurnRevised, online.TurnUpdated, online.TurnWithdrawn} {
		apply(online.Encode(&enc, online.Event{Kind: kind, At: 400, Turn: late}))
		if got := tl.Segments(); !slices.Equal(got, before) {
			t.Errorf("after event %d of a settled turn: %v", kind, got)
		}
	}
}

// week makes up turns of three seconds, one after the other, each told twice.
func week(from, to int, apply func(Event)) {
	for id := from; id < to; id++ {
		turn := Turn{ID: id, Speaker: Speaker(1 + id%5), Start: Time(id * 3 * Rate), End: Time((id*3 + 2) * Rate), State: Provisional}
		for i, kind := range []Kind{TurnStarted, TurnEnded} {
			turn := turn
			apply(Event{Stream: "s", Run: "r", Seq: uint64(2*id + i + 1), Kind: kind, At: turn.End + Time(i*Rate), Turn: &turn})
		}
	}
}

// What a stream takes that goes on for weeks grows by a few bytes a turn.
func TestWeeksStaySmall(t *testing.T) {
	var tl Timeline
	tl.Bound(20000)
	live := NewLive(time.Second)
	both := func(e Event) {
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
		if err := live.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	const begin, end = 40_000, 200_000
	week(0, begin, both)
	before := heap()
	week(begin, end, both)
	if grown := heap() - before; grown > 40*(end-begin) {
		t.Errorf("%d bytes for each turn, expected 40 at most", grown/(end-begin))
	}
	if n, m := len(tl.Segments()), len(live.Segments()); n != end || m != end {
		t.Errorf("%d segments, %d of them live, expected %d", n, m, end)
	}
	runtime.KeepAlive(live)
}

// Of an endless stream of words, all at once or one after the other, a bounded timeline
// keeps the latest; one that is not bounded keeps all.
func TestWordsAreBounded(t *testing.T) {
	for name, start := range map[string]func(i int) Time{"in order": func(i int) Time { return Time(i) }, "at once": func(int) Time { return 7 }} {
		var bounded, all Timeline
		bounded.Bound(10)
		enc := Encoder{Stream: "s", Run: "r"}
		events := []Event{enc.Start(Source{})}
		const n = 2 * BoundWords
		for i := 0; i < n; i += 500 {
			w := Words{Recogniser: []string{"one", "two"}[i/500%2]}
			for j := i; j < i+500; j++ {
				w.List = append(w.List, Word{ID: j + 1, Text: "so", Start: start(j), End: start(j) + 1})
			}
			events = append(events, enc.Words(0, w))
		}
		eventtest.ApplyAll(t, bounded.Apply, events)
		eventtest.ApplyAll(t, all.Apply, events)
		kept := len(bounded.Words("one")) + len(bounded.Words("two"))
		if kept > BoundWords || kept < BoundWords/2 || len(all.Words("one"))+len(all.Words("two")) != n {
			t.Errorf("%s: %d words kept of %d", name, kept, n)
		}
		if list := bounded.Words("two"); list[len(list)-1].ID != n {
			t.Errorf("%s: the last word is %+v", name, list[len(list)-1])
		}
	}
}
