package page

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

// viewer applies messages as a page does.
type viewer struct {
	c       cursor
	run     string
	seq     uint64
	events  int
	boards  int
	streams []listing
	changes []board.Change
}

// addChange adds a change, once.
func (v *viewer) addChange(c board.Change) {
	if n := len(v.changes); n == 0 || c.Seq > v.changes[n-1].Seq {
		v.changes = append(v.changes, c)
	}
}

// look takes the new messages and returns an error if one is missing.
func (v *viewer) look(h *Hub) error {
	messages, _ := h.next(&v.c)
	for _, m := range messages {
		switch m.event {
		case "streams":
			v.streams = nil
			if err := json.Unmarshal(m.data, &v.streams); err != nil {
				return err
			}
		case "board":
			var s board.Snapshot
			if err := json.Unmarshal(m.data, &s); err != nil {
				return err
			}
			if s.Run != v.run {
				v.changes = nil
			}
			for _, c := range s.Changes {
				v.addChange(c)
			}
			v.run, v.seq = s.Run, s.Seq
			v.boards++
		case "change":
			var c board.Change
			if err := json.Unmarshal(m.data, &c); err != nil {
				return err
			}
			v.addChange(c)
		case "event":
			e, err := event.Decode(m.data)
			if err != nil {
				return err
			}
			if e.Run != v.run || e.Seq != v.seq+1 {
				return fmt.Errorf("event %d of run %s came after event %d of run %s", e.Seq, e.Run, v.seq, v.run)
			}
			v.seq = e.Seq
			v.events++
		}
		if run, seq := parseID(m.id); m.id != "" && (run != v.run || seq != v.seq) {
			return fmt.Errorf("id %q after event %d of run %s", m.id, v.seq, v.run)
		}
	}
	return nil
}

// Events, looks and lost connections mix at random, and a page misses nothing. At the end
// it has seen the last event of the latest run and has all of the run's changes, even if it
// came late.
func TestNothingIsMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := NewHub()
		v := &viewer{}
		steady := &viewer{}
		runs := rapid.IntRange(1, 3).Draw(t, "runs")
		var last event.Event
		var all []event.Event
		for r := range runs {
			events := meeting.Events(meeting.Options{Run: fmt.Sprintf("run%d", r), Seed: rapid.Uint64().Draw(t, "seed"), Turns: rapid.IntRange(1, 30).Draw(t, "turns")})
			looks := rapid.SliceOfN(rapid.IntRange(0, 9), len(events), len(events)).Draw(t, "looks")
			for i, e := range events {
				if err := h.Event(e); err != nil {
					t.Fatal(err)
				}
				if looks[i] < 3 {
					if err := v.look(h); err != nil {
						t.Fatal(err)
					}
				}
				if looks[i] == 1 { // the connection is lost, and the page says what it has seen
					v.c = cursor{stream: v.c.stream}
					v.c.run, v.c.seq = parseID(id(v.run, v.seq))
				}
				if err := steady.look(h); err != nil {
					t.Fatal(err)
				}
				if err := h.Event(events[i/2]); err != nil { // an event that came before
					t.Fatal(err)
				}
			}
			last, all = events[len(events)-1], events
		}
		var final board.Board
		for _, e := range all {
			final.Apply(e)
		}
		for _, v := range []*viewer{v, steady, {}} {
			if err := v.look(h); err != nil {
				t.Fatal(err)
			}
			if v.run != last.Run || v.seq != last.Seq {
				t.Fatalf("seen until %s:%d, want %s:%d", v.run, v.seq, last.Run, last.Seq)
			}
			want := final.Changes()
			if len(v.changes) < len(want) || !reflect.DeepEqual(v.changes[len(v.changes)-len(want):], want) {
				t.Fatalf("changes %v, want %v", v.changes, want)
			}
			if len(v.streams) != runs || v.streams[0].End == nil || v.streams[0].Run != last.Run {
				t.Fatalf("list of streams %+v", v.streams)
			}
		}
		if steady.boards != runs {
			t.Fatalf("a page that was always there got %d boards, want %d", steady.boards, runs)
		}
	})
}

func TestSnapshotIsTheBoard(t *testing.T) {
	h := NewHub()
	var b board.Board
	for _, e := range meeting.Events(meeting.Options{Turns: 50}) {
		b.Apply(e)
		if err := h.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	messages, _ := h.next(&cursor{stream: "meeting", run: "run1", seq: b.Seq() + 7}) // of events that never were
	var got board.Snapshot
	if err := json.Unmarshal(messages[1].data, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, b.Snapshot()) {
		t.Errorf("got %+v", got)
	}
}

// What a Hub keeps is bounded, and running streams are kept longer than ended ones.
func TestBounded(t *testing.T) {
	h := NewHub()
	now := meeting.Events(meeting.Options{Stream: "now", Turns: 3})
	for _, e := range now[:len(now)-1] {
		if err := h.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 * maxStreams {
		for _, e := range meeting.Events(meeting.Options{Stream: fmt.Sprint("s", i), Turns: 1}) {
			if err := h.Event(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(h.streams) != maxStreams || h.streams["now"] == nil {
		t.Errorf("%d streams, the one that goes on %v", len(h.streams), h.streams["now"] != nil)
	}
	c := cursor{}
	if h.next(&c); c.stream != "now" {
		t.Errorf("shows %q without being asked, want what goes on", c.stream)
	}
	long := meeting.Events(meeting.Options{Stream: "long", Turns: 3000})
	for _, e := range long {
		if err := h.Event(e); err != nil {
			t.Fatal(err)
		}
		if n := len(h.streams["long"].events); n > keepEvents {
			t.Fatalf("%d events kept", n)
		}
	}
	late := &viewer{c: cursor{stream: "long", run: "run1", seq: 1}, run: "run1", seq: 1}
	if err := late.look(h); err != nil || late.boards != 1 || late.events != 0 {
		t.Errorf("%v; a page that was away for %d events got %d boards and %d events", err, len(long), late.boards, late.events)
	}
}

func TestReadings(t *testing.T) {
	h := NewHub()
	h.Reading(meter.Reading{Stream: "meeting", Run: "run1"}) // the stream is not known yet
	for _, e := range meeting.Events(meeting.Options{Turns: 1}) {
		if err := h.Event(e); err != nil {
			t.Fatal(err)
		}
	}
	c := cursor{}
	h.next(&c)
	h.Reading(meter.Reading{Stream: "meeting", Run: "run0", Level: -1}) // of an earlier run
	h.Reading(meter.Reading{Stream: "meeting", Run: "run1", Level: -30})
	h.Reading(meter.Reading{Stream: "meeting", Run: "run1", Level: -20})
	got, _ := h.next(&c)
	var r meter.Reading
	if len(got) != 1 || got[0].id != "" || json.Unmarshal(got[0].data, &r) != nil || r.Level != -20 {
		t.Errorf("got %+v, want the latest reading only", got)
	}
	if again, _ := h.next(&c); len(again) != 0 {
		t.Errorf("told again: %+v", again)
	}
}

func BenchmarkEvent(b *testing.B) {
	events := meeting.Events(meeting.Options{Turns: 3000})
	b.ReportAllocs()
	for b.Loop() {
		h := NewHub()
		for _, e := range events {
			if err := h.Event(e); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
}
