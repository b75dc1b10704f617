package heard

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/words"
)

// run hands a room the events of a meeting with messages between them, and collects all
// events with the numbers that a publisher would give them.
func run(t *rapid.T, events []event.Event, messages []Message) (all []event.Event, room *Room) {
	room = &Room{}
	enc := event.Encoder{Stream: "meeting", Run: "run1"}
	tell := func(at event.Time, changes []event.Words) {
		for _, w := range changes {
			all = append(all, enc.Words(int64(at), w))
		}
	}
	for _, e := range events {
		for e.Kind != event.StreamStarted && len(messages) > 0 && (e.Kind == event.StreamEnded || rapid.IntRange(0, 2).Draw(t, "now") == 0) {
			changes, _, err := room.Hear(messages[0])
			if err != nil {
				t.Fatal(err)
			}
			tell(e.At, changes)
			messages = messages[1:]
		}
		enc.Seq++
		e.Seq = enc.Seq
		all = append(all, e)
		tell(e.At, room.Follow(e))
	}
	return all, room
}

// Words come at any time, and turns, merges and corrections come between them. In the end a
// subscriber that applies the events has what a join of all words with the last turns says.
// A subscriber that reads the events later has the same.
func TestSubscribersKnowWhoSaidWhat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := meeting.Events(meeting.Options{Seed: rapid.Uint64Range(0, 50).Draw(t, "seed"), Turns: 30})
		end := events[len(events)-1].At.Seconds()
		var messages []Message
		heard := map[string][]words.Word{}
		for i := range rapid.IntRange(1, 20).Draw(t, "messages") {
			m := Message{Recogniser: rapid.SampledFrom([]string{"one", "two"}).Draw(t, "who"), Seq: uint64(i + 1)}
			at := rapid.Float64Range(0, end).Draw(t, "at")
			for range rapid.IntRange(1, 12).Draw(t, "words") {
				m.Words = append(m.Words, Word{Text: rapid.SampledFrom([]string{"so", "no.", "and,"}).Draw(t, "text"), Start: at, End: at + 0.3})
				at += 0.3
			}
			heard[m.Recogniser] = append(heard[m.Recogniser], m.list(events[0].Source.Origin)...)
			messages = append(messages, m)
			if rapid.Bool().Draw(t, "again") { // the recogniser did not know that the message had arrived
				messages = append(messages, m)
			}
		}
		all, room := run(t, events, messages)
		if !room.Waiting() {
			t.Fatal("no recogniser has ended")
		}
		var tl event.Timeline
		for _, e := range all {
			if err := tl.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
		if got := tl.Recognisers(); len(got) != len(heard) {
			t.Fatalf("recognisers %v", got)
		}
		for name, list := range heard {
			want, err := words.Join(list, said.Turns(&tl))
			if err != nil {
				t.Fatal(err)
			}
			got := tl.Words(name)
			if len(got) != len(want) {
				t.Fatalf("%d words of %d", len(got), len(want))
			}
			for i, w := range want {
				speaker := w.Speaker
				if speaker == "" {
					speaker = event.Unknown.String()
				}
				if got[i].Text != w.Text || got[i].Speaker.String() != speaker || got[i].Start.Duration() != w.Start {
					t.Fatalf("word %d of %s: %+v, joined %+v", i, name, got[i], w)
				}
			}
		}
	})
}

func TestRoomRefuses(t *testing.T) {
	var r Room
	one := Message{Words: []Word{{Text: "so", Start: 0, End: 1}}}
	if _, _, err := r.Hear(one); !errors.Is(err, ErrRefused) {
		t.Errorf("before the run: %v", err)
	}
	enc := event.Encoder{Stream: "s", Run: "run1"}
	r.Follow(enc.Start(event.Source{}))
	if _, _, err := r.Hear(Message{Run: "run2", End: true}); !errors.Is(err, ErrRefused) {
		t.Errorf("of another run: %v", err)
	}
	if _, _, err := r.Hear(Message{}); !errors.Is(err, ErrMalformed) {
		t.Errorf("nothing: %v", err)
	}
	partial := one
	partial.Partial = true
	if changes, _, err := r.Hear(partial); changes != nil || err != nil || r.Waiting() {
		t.Errorf("partial words: %v, %v", changes, err)
	}
	for i := range MaxRecognisers {
		one.Recogniser = "r" + strconv.Itoa(i)
		if changes, _, err := r.Hear(one); err != nil || len(changes) != 1 || changes[0].Recogniser != one.Recogniser {
			t.Fatalf("%v, %v", changes, err)
		}
	}
	one.Recogniser = "another"
	if _, _, err := r.Hear(one); !errors.Is(err, ErrRefused) {
		t.Errorf("a recogniser too many: %v", err)
	}
	for i := range MaxRecognisers {
		if !r.Waiting() {
			t.Error("all have ended before they said so")
		}
		if _, _, err := r.Hear(Message{Recogniser: "r" + strconv.Itoa(i), End: true}); err != nil {
			t.Fatal(err)
		}
	}
	if r.Waiting() {
		t.Error("all have ended and it waits")
	}
}

// A long list of words is told in several events that NATS can carry.
func TestManyWordsAreSeveralEvents(t *testing.T) {
	var r Room
	enc := event.Encoder{Stream: "s", Run: "run1"}
	r.Follow(enc.Start(event.Source{}))
	var m Message
	for i := range MaxWords {
		m.Words = append(m.Words, Word{Text: "so", Start: float64(i), End: float64(i) + 1})
	}
	changes, _, err := r.Hear(m)
	if err != nil {
		t.Fatal(err)
	}
	var ids []int
	for _, w := range changes {
		if len(w.List) > perEvent {
			t.Errorf("%d words in an event", len(w.List))
		}
		for _, word := range w.List {
			ids = append(ids, word.ID)
		}
	}
	slices.Sort(ids)
	if len(ids) != MaxWords || ids[0] != 1 || ids[len(ids)-1] != MaxWords || len(slices.Compact(ids)) != MaxWords {
		t.Errorf("%d words told", len(ids))
	}
	if again := r.changes(); !reflect.DeepEqual(again, []event.Words(nil)) {
		t.Errorf("told again: %v", again)
	}
}
