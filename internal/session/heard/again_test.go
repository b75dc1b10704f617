package heard

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/words"
)

// begun is a room whose run has begun.
func begun(origin time.Time) *Room {
	var r Room
	enc := event.Encoder{Stream: "s", Run: "run1"}
	r.Follow(enc.Start(event.Source{Origin: origin}))
	return &r
}

// A recogniser that is started again counts from 1 again. Its words are not answered as if
// they were taken. A message that was sent twice is answered as the first time, also by a
// room that has only the state.
func TestRecogniserStartsAgain(t *testing.T) {
	r := begun(time.Time{})
	message := func(seq uint64, at float64) Message {
		return Message{Seq: seq, Words: []Word{{Text: "so", Start: at, End: at + 0.3}, {Text: "it", Start: at + 0.3, End: 1e7}}}
	}
	for seq := range uint64(3) {
		if changes, taken, err := r.Hear(message(seq+1, float64(seq))); err != nil || taken != 2 || len(changes) != 1 {
			t.Fatalf("message %d: %v, %d words, %v", seq+1, changes, taken, err)
		}
	}
	state, err := r.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	moved := &Room{}
	if err := moved.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*Room{"the room": r, "its successor": moved} {
		for seq := range uint64(3) {
			if changes, taken, err := r.Hear(message(seq+1, float64(seq))); err != nil || taken != 2 || changes != nil {
				t.Errorf("%s: message %d again: %v, %d words, %v", name, seq+1, changes, taken, err)
			}
		}
		for seq := range uint64(3) {
			_, _, err := r.Hear(message(seq+1, 100+float64(seq)))
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "expected seq 4 or higher") {
				t.Errorf("%s: message %d with other words: %v", name, seq+1, err)
			}
		}
		if _, taken, err := r.Hear(message(4, 103)); err != nil || taken != 2 {
			t.Errorf("%s: the next message: %d words, %v", name, taken, err)
		}
		if _, _, err := r.Hear(Message{Seq: 1, End: true}); err != nil || r.Waiting() {
			t.Errorf("%s: the end: %v, waiting %v", name, err, r.Waiting())
		}
	}
}

// Words from before the stream are not counted as taken. If there are no others, the
// recogniser hears why.
func TestWordsOutsideTheStream(t *testing.T) {
	origin := time.Date(2026, 3, 30, 8, 0, 0, 0, time.UTC)
	r := begun(origin)
	m := Message{Seq: 1, Origin: origin.Add(-10 * time.Second), Words: []Word{{Text: "a", Start: 1, End: 2}, {Text: "b", Start: 11, End: 12}}}
	for range 2 {
		if _, taken, err := r.Hear(m); err != nil || taken != 1 {
			t.Errorf("%d words of one in the stream, %v", taken, err)
		}
	}
	m.Seq, m.Words, m.End = 2, m.Words[:1], true
	if _, taken, err := r.Hear(m); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "before the beginning") || taken != 0 {
		t.Errorf("%d words of none in the stream, %v", taken, err)
	}
	if r.Waiting() {
		t.Error("the recogniser has ended and is waited for")
	}
}

// A message that comes again after its words are settled is answered as the first time.
func TestSettledWordsAgain(t *testing.T) {
	r := begun(time.Time{})
	message := func(seq uint64) Message {
		m := Message{Seq: seq}
		for i := range 1000 {
			at := float64(seq)*1000 + float64(i)
			m.Words = append(m.Words, Word{Text: "so", Start: at, End: at + 0.5})
		}
		return m
	}
	last := uint64(words.LiveWords/1000 + 3)
	for seq := range last {
		if _, _, err := r.Hear(message(seq + 1)); err != nil {
			t.Fatal(err)
		}
	}
	for seq := range last {
		if changes, taken, err := r.Hear(message(seq + 1)); err != nil || taken != 1000 || changes != nil {
			t.Errorf("message %d again: %d changes, %d words, %v", seq+1, len(changes), taken, err)
		}
	}
}
