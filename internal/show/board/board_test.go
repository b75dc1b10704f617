package board_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/online"
)

func Example() {
	var b board.Board
	for _, e := range meeting.Events(meeting.Options{Turns: 30, Names: []string{"Ada"}}) {
		b.Apply(e)
	}
	for _, s := range b.Shares() {
		fmt.Printf("%s: %d turns\n", s.Name, s.Turns)
	}
	// Output:
	// Ada: 12 turns
	// S2: 9 turns
	// S3: 5 turns
	// S4: 5 turns
}

func drawMeeting(t *rapid.T) []event.Event {
	return meeting.Events(meeting.Options{Seed: rapid.Uint64().Draw(t, "seed"), Turns: rapid.IntRange(1, 60).Draw(t, "turns"),
		Speakers: rapid.IntRange(1, 8).Draw(t, "speakers"), Names: []string{"Ada", "Grace"}})
}

// After every event the board has what a timeline has.
func TestBoardIsTheTimeline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawMeeting(t)
		var tl event.Timeline
		var b board.Board
		for i, e := range events {
			if err := tl.Apply(e); err != nil {
				t.Fatal(err)
			}
			if !b.Apply(e) || b.Apply(events[i/2]) {
				t.Fatalf("event %d was refused, or taken twice", e.Seq)
			}
			want := tl.Turns()
			got := b.Turns()
			if len(got) != len(want) {
				t.Fatalf("%d turns after event %d, want %d", len(got), e.Seq, len(want))
			}
			talk, open := event.Time(0), 0
			for j, turn := range got {
				if !reflect.DeepEqual(turn.Turn, want[j]) || turn.Open != tl.Open(turn.ID) {
					t.Fatalf("turn %+v after event %d, want %+v", turn, e.Seq, want[j])
				}
				if b.Name(turn.Speaker) != tl.Name(turn.Speaker) {
					t.Fatalf("%s is called %s", turn.Speaker, b.Name(turn.Speaker))
				}
				if turn.Open {
					open++
				}
				talk += turn.End - turn.Start
			}
			if len(b.Speaking()) != open {
				t.Fatalf("%d speak, want %d", len(b.Speaking()), open)
			}
			checkShares(t, &b, talk, len(want))
		}
		if b.At() != tl.At() || b.Revision() != tl.Revision() || !reflect.DeepEqual(b.Ended(), tl.Ended()) || b.Missing() != 0 {
			t.Fatal("the ends differ")
		}
	})
}

func checkShares(t *rapid.T, b *board.Board, talk event.Time, turns int) {
	t.Helper()
	sum := 0.0
	for _, s := range b.Shares() {
		sum += s.Share
		talk -= s.Talk
		turns -= s.Turns
	}
	if talk != 0 || turns != 0 || sum != 0 && math.Abs(sum-1) > 1e-9 {
		t.Fatalf("shares are %v in all and leave out %d samples, %d turns: %+v", sum, talk, turns, b.Shares())
	}
}

// However few turns are kept, the talk time of every speaker is right.
func TestFoldedTurnsStillCount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := drawMeeting(t)
		few := board.Board{MaxTurns: rapid.IntRange(12, 30).Draw(t, "most")}
		var all board.Board
		for _, e := range events {
			few.Apply(e)
			all.Apply(e)
			if len(few.Turns()) > few.MaxTurns {
				t.Fatalf("%d turns kept, at most %d wanted", len(few.Turns()), few.MaxTurns)
			}
		}
		want := map[event.Speaker]int{}
		for _, s := range all.Shares() {
			want[s.Speaker] = s.Turns
		}
		for _, s := range few.Shares() {
			// A turn that is revised after it was folded may keep its old speaker.
			if d := s.Turns - want[s.Speaker]; d > 2 || d < -2 {
				t.Errorf("%s has %d turns, want %d", s.Name, s.Turns, want[s.Speaker])
			}
		}
	})
}

func TestMissingEventsAreCounted(t *testing.T) {
	events := meeting.Events(meeting.Options{Turns: 20})
	var b board.Board
	for _, e := range append(events[3:10:10], events[14:]...) {
		b.Apply(e)
	}
	if b.Missing() != 3+4 || b.Seq() != events[len(events)-1].Seq {
		t.Errorf("%d missing at event %d", b.Missing(), b.Seq())
	}
	other := events[0]
	other.Run, other.Seq = "run2", 10000
	if b.Apply(other) {
		t.Error("an event of another run was taken")
	}
}

// A late viewer that gets a snapshot and then the events has the same board.
func TestSnapshotHasItAll(t *testing.T) {
	var b board.Board
	for _, e := range meeting.Events(meeting.Options{Turns: 80, Speakers: 5, Names: []string{"Ada"}}) {
		b.Apply(e)
	}
	data, err := json.Marshal(b.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	var s board.Snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s, b.Snapshot()) {
		t.Errorf("read back as %+v", s)
	}
	if len(s.Turns) != len(b.Turns()) || s.Speakers[0].Name != "Ada" || s.End == nil || len(s.Gaps) == 0 {
		t.Errorf("snapshot %s", data)
	}
	into := 0
	for _, p := range s.Speakers {
		if p.Into != event.Unknown {
			into++
		}
	}
	if into != 3 {
		t.Errorf("%d speakers are merged, want 3", into)
	}
}

// An event that is not simply a turn has a text. The latest 50 texts are kept.
func TestChanges(t *testing.T) {
	enc := event.Encoder{Stream: "s", Run: "r"}
	turn := func(kind online.Kind, speaker int, start, end int64) event.Event {
		return online.Encode(&enc, online.Event{Kind: kind, At: end, Turn: online.Turn{ID: 1, Speaker: speaker, Start: start, End: end, State: online.Final}})
	}
	var b board.Board
	b.Apply(enc.Start(event.Source{}))
	for _, c := range []struct {
		event event.Event
		want  string
	}{
		{online.Encode(&enc, online.Event{Kind: online.SpeakerAdded, Speaker: 1}), "A new voice: S1"},
		{online.Encode(&enc, online.Event{Kind: online.SpeakerAdded, Speaker: 2}), "A new voice: S2"},
		{turn(online.TurnStarted, 1, 16000, 32000), ""},
		{turn(online.TurnEnded, 1, 16000, 64*16000), ""},
		{enc.Identify(0, 1, "Ada", 1), "S1 is Ada"},
		{turn(online.TurnRevised, 2, 16000, 64*16000), "00:01–01:04 was S2, not Ada"},
		{turn(online.TurnRevised, 2, 0, 3723*16000), "S2 spoke 00:00–1:02:03: times corrected"},
		{online.Encode(&enc, online.Event{Kind: online.SpeakerMerged, Speaker: 2, Into: 1}), "S2 was Ada all along"},
		{enc.Identify(0, 1, "Ada", 0.9), ""}, // as after the undo of a merge
		{enc.Identify(0, 1, "S1", 0), "Ada is called S1 again"},
		{enc.Gap(16000, 16000+8000), "0.5 s of sound lost"},
		{enc.Gap(32000, 32000+20*16000), "20 s of sound lost"},
		{turn(online.TurnWithdrawn, 1, 0, 3723*16000), "00:00–1:02:03 belongs to the turn beside it"},
		{turn(online.TurnWithdrawn, 1, 0, 16000), ""}, // again
		{enc.Status(0, event.Status{}), ""},
		{enc.Finish(0, event.Interrupted, "stopped by request"), "The stream was stopped: stopped by request"},
	} {
		before := len(b.Changes())
		b.Apply(c.event)
		var got string
		if all := b.Changes(); len(all) > before {
			got = all[before].Text
			if last := all[before]; last.Seq != c.event.Seq || last.Time != c.event.At {
				t.Errorf("%s: %+v", c.event.Kind, last)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.event.Kind, got, c.want)
		}
	}
	for i := range 100 {
		b.Apply(enc.Identify(int64(i), 1, fmt.Sprint(i), 1))
	}
	if all := b.Changes(); len(all) != 50 || all[49].Text != "98 is 99" || all[0].Text != "49 is 50" {
		t.Errorf("%d changes are kept, from %+v to %+v", len(all), all[0], all[len(all)-1])
	}
}

func BenchmarkApply(b *testing.B) {
	events := meeting.Events(meeting.Options{Turns: 3000, Speakers: 8})
	b.ReportAllocs()
	for b.Loop() {
		var board board.Board
		for _, e := range events {
			board.Apply(e)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
}
