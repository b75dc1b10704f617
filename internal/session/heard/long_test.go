package heard

import (
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// TestWordsWithoutAnEnd holds that words that go on for years, as a recogniser with a fault
// sends them, are not all joined again for each turn. Allocations stand for the work: each
// word that is joined needs some.
func TestWordsWithoutAnEnd(t *testing.T) {
	work := func(messages int) float64 {
		var r Room
		enc := event.Encoder{Stream: "s", Run: "r"}
		r.Follow(enc.Start(event.Source{}))
		at := 0.0
		for range messages {
			var m Message
			for range MaxWords {
				m.Words = append(m.Words, Word{Text: "so", Start: at, End: latest})
				at += 0.5
			}
			if _, _, err := r.Hear(m); err != nil {
				t.Fatal(err)
			}
		}
		turn := online.Turn{Speaker: 1, End: int64(at) * event.Rate}
		return testing.AllocsPerRun(5, func() {
			turn.ID++
			turn.Start, turn.End = turn.End, turn.End+2*event.Rate
			r.Follow(online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: turn.End, Turn: turn}))
		})
	}
	if few, many := work(1), work(8); many > 2*few {
		t.Errorf("%.0f allocations for a turn after %d words, %.0f after %d", many, 8*MaxWords, few, MaxWords)
	}
}

// A word that is longer than anybody speaks is cut. One that lasts until the next one after
// a pause is not.
func TestLongWordsAreCut(t *testing.T) {
	m := Message{Words: []Word{{Text: "a", Start: 2, End: 1e8}, {Text: "b", Start: 3, End: 33}}}
	got := m.list(time.Time{})
	if len(got) != 2 || got[0].End != 2*time.Second+longest || got[1].End != 33*time.Second {
		t.Errorf("%+v", got)
	}
}
