package event_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	. "github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
)

func drawRun(t *rapid.T) []Event {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	return eventtest.Encoded(r, "meeting", rapid.IntRange(0, 60).Draw(t, "turns"))
}

// replayed is a Timeline by its definition: for each turn, look for the last
// word on it, then for the merges after that.
func replayed(events []Event) []rttm.Segment {
	type entry struct {
		seg rttm.Segment
		id  int
	}
	names, file := map[Speaker]string{}, "meeting"
	for _, e := range events {
		if e.Kind == SpeakerIdentified {
			names[e.Speaker] = OneWord(e.Name)
		}
		if e.Kind == StreamStarted {
			file = OneWord(e.Source.Name)
		}
	}
	var entries []entry
	seen := map[int]bool{}
	for i, e := range slices.Backward(events) {
		if e.Turn == nil || seen[e.Turn.ID] {
			continue
		}
		seen[e.Turn.ID] = true
		if e.Kind == TurnWithdrawn || e.Turn.End == e.Turn.Start {
			continue
		}
		who := e.Turn.Speaker
		for _, m := range events[i:] {
			if m.Kind == SpeakerMerged && m.Speaker == who {
				who = m.Into
			}
		}
		name := who.String()
		if n, ok := names[who]; ok {
			name = n
		}
		entries = append(entries, entry{rttm.Segment{File: file, Channel: "1",
			Start: e.Turn.Start.Seconds(), End: e.Turn.End.Seconds(), Speaker: name}, e.Turn.ID})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.seg.Start != b.seg.Start {
			return int(a.seg.Start*Rate) - int(b.seg.Start*Rate)
		}
		return a.id - b.id
	})
	var out []rttm.Segment
	for _, e := range entries {
		out = append(out, e.seg)
	}
	return out
}

func TestTimelineIsTheLastWordOnEveryTurn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawRun(t)
		var tl Timeline
		eventtest.ApplyAll(t, tl.Apply, events)
		if got, want := tl.Segments(), replayed(events); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
		last := events[len(events)-1]
		if tl.Seq() != last.Seq || tl.At() != last.At || tl.Revision() != last.Revision || tl.Ended() == nil {
			t.Fatalf("after %+v: seq %d, at %d, revision %d, ended %v", last, tl.Seq(), tl.At(), tl.Revision(), tl.Ended())
		}
	})
}

func TestTimelineTakesEventsAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawRun(t)
		var once, again Timeline
		eventtest.ApplyAll(t, once.Apply, events)
		for i := range events { // a redelivery after each event
			eventtest.ApplyAll(t, again.Apply, events[max(0, i-rapid.IntRange(0, 5).Draw(t, "back")):i+1])
		}
		if !reflect.DeepEqual(once.Segments(), again.Segments()) {
			t.Fatal("events delivered twice change the timeline")
		}
	})
}

func TestTimelineNoticesWhatIsMissing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawRun(t)
		hole := rapid.IntRange(0, len(events)-2).Draw(t, "hole")
		var tl Timeline
		eventtest.ApplyAll(t, tl.Apply, events[:hole])
		before := tl.Segments()
		err := tl.Apply(events[hole+1])
		var missing *HoleError
		if !errors.Is(err, ErrHole) || !errors.As(err, &missing) ||
			missing.Want != uint64(hole+1) || missing.Got != uint64(hole+2) {
			t.Fatalf("event %d left out: %v", hole+1, err)
		}
		if !reflect.DeepEqual(before, tl.Segments()) {
			t.Fatal("an event that was refused changed the timeline")
		}
		eventtest.ApplyAll(t, tl.Apply, events[hole:]) // and the missing one mends it
	})
}

func TestTimelineGoesOnAfterAHole(t *testing.T) {
	events := eventtest.Encoded(eventtest.Seeded(6), "meeting", 20)
	for _, lost := range []int{0, 7} {
		var tl Timeline
		eventtest.ApplyAll(t, tl.Apply, events[:lost])
		next := events[lost+1]
		if err := tl.Apply(next); !errors.Is(err, ErrHole) {
			t.Fatalf("event %d left out: %v", lost+1, err)
		}
		tl.Skip(next)
		eventtest.ApplyAll(t, tl.Apply, events[lost+1:])
		if tl.Ended() == nil {
			t.Error("the end was not seen after a hole")
		}
	}
}

func TestTimelineRefusesAnotherRun(t *testing.T) {
	var tl Timeline
	events := eventtest.Encoded(eventtest.Seeded(3), "meeting", 3)
	eventtest.ApplyAll(t, tl.Apply, events[:3])
	other := events[3]
	other.Run = "run2"
	if err := tl.Apply(other); !errors.Is(err, ErrRun) {
		t.Errorf("an event of another run: %v", err)
	}
}

func TestPartialTimelineEndsWithTheSameLateTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawRun(t)
		from := rapid.IntRange(0, len(events)-1).Draw(t, "from")
		late := NewPartialTimeline()
		eventtest.ApplyAll(t, late.Apply, events[from:])
		var whole Timeline
		eventtest.ApplyAll(t, whole.Apply, events)
		for _, turn := range late.Turns() {
			if w, _ := whole.Turn(turn.ID); !reflect.DeepEqual(w, turn) {
				t.Fatalf("turn %+v for the late, %+v for the early", turn, w)
			}
		}
	})
}

// told is Live by its definition, on a grid of 160 samples: the timeline of
// the events up to the moment + latency, with open turns going on.
func told(events []Event, latency Time) [][]string {
	var grid [][]string
	end := events[len(events)-1].At
	var tl Timeline
	next := 0
	var turns []Turn
	for m := Time(0); m < end; m += 160 {
		for next < len(events) && (events[next].At <= m+latency || m+latency >= end) {
			_ = tl.Apply(events[next])
			next++
			turns = tl.Turns()
		}
		var who []string
		for _, turn := range turns {
			if turn.Start <= m && (m < turn.End || tl.Open(turn.ID)) {
				who = append(who, OneWord(tl.Name(turn.Speaker)))
			}
		}
		slices.Sort(who)
		grid = append(grid, who)
	}
	return grid
}

func TestLiveIsWhatHadBeenTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawRun(t)
		latency := Time(rapid.Int64Range(0, 500).Draw(t, "latency")) * 160
		live := NewLive(latency.Duration())
		eventtest.ApplyAll(t, live.Apply, events)
		eventtest.ApplyAll(t, live.Apply, events[len(events)/2:]) // a redelivery changes nothing
		want := told(events, latency)
		got := make([][]string, len(want))
		for _, s := range live.Segments() {
			if !(s.Start < s.End) || s.File != "the_recording" {
				t.Fatalf("segment %+v", s)
			}
			for i := int(s.Start*100 + 0.5); i < int(s.End*100+0.5); i++ {
				got[i] = append(got[i], s.Speaker)
			}
		}
		for i := range got {
			slices.Sort(got[i])
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("at %.2f s: told %v, expected %v", float64(i)/100, got[i], want[i])
			}
		}
	})
}

func TestLiveWithEndlessLatencyIsFinal(t *testing.T) {
	events := eventtest.Encoded(eventtest.Seeded(4), "meeting", 80)
	live, tl := NewLive(24*time.Hour), Timeline{}
	eventtest.ApplyAll(t, live.Apply, events)
	eventtest.ApplyAll(t, tl.Apply, events)
	end := tl.At().Seconds()
	want := tl.Segments()
	for i := range want {
		want[i].End = min(want[i].End, end)
	}
	if got := live.Segments(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestSameDecisionsSameEvents(t *testing.T) {
	a, b := eventtest.Encoded(eventtest.Seeded(5), "meeting", 50), eventtest.Encoded(eventtest.Seeded(5), "meeting", 50)
	for i := range a {
		b[i].Wall = a[i].Wall
	}
	if !reflect.DeepEqual(a, b) {
		t.Error("two runs over the same decisions differ in more than wall times")
	}
}
