package correct

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
	"github.com/seed-7adb9000/diarizer/online"
)

func TestStateIsComplete(t *testing.T) {
	d := NewDesk(Options{})
	statetest.Covers(t, d, d.fields(), "mu", "opts", "most", "highest")
	var tn turn
	var id int
	statetest.Covers(t, &tn.Turn, turnFields(&id, &tn), "ID")
	statetest.Covers(t, &tn, turnFields(&id, &tn)[1:], "Turn") // the fields of Turn are listed
	var c Correction
	statetest.Covers(t, &c, correctionFields(&c), "Text", "At", "Start", "End") // fields of marks, which do not stand, and of gifts
}

// TestMovedDesk holds that a desk that is replaced at any time by one of the same state
// goes on to the same events.
func TestMovedDesk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		stays, moves := benchOf(t, seed), benchOf(t, seed)
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			for _, b := range []*bench{stays, moves} {
				if b.r.IntN(4) == 0 {
					b.correct()
				} else {
					b.step()
				}
			}
			if rapid.IntRange(0, 3).Draw(t, "move") == 0 {
				moves.move()
			}
		}
		moves.check()
		if !reflect.DeepEqual(stays.groups, moves.groups) {
			t.Fatalf("moved, it linked %v, expected %v", moves.groups, stays.groups)
		}
		for i, want := range stays.events[:min(len(stays.events), len(moves.events))] {
			got := moves.events[i]
			got.Wall, want.Wall = time.Time{}, time.Time{}
			a, errA := json.Marshal(got) // JSON has no NaN
			b, errB := json.Marshal(want)
			if want.Source == nil && (errA != nil || errB != nil || !bytes.Equal(a, b)) {
				t.Fatalf("moved, it went on to %+v, expected %+v", got, want)
			}
		}
		if len(moves.events) != len(stays.events) {
			t.Fatalf("moved, it went on to %d events, expected %d", len(moves.events), len(stays.events))
		}
	})
}

// BenchmarkState is the state of a desk after an hour, and after more turns than it keeps.
func BenchmarkState(b *testing.B) {
	for _, turns := range []int{1000, 21000} {
		b.Run(fmt.Sprint(turns), func(b *testing.B) {
			d := NewDesk(Options{Encoder: &event.Encoder{Stream: "s", Run: "r"}, Emit: func(event.Event) error { return nil }})
			for i := 1; i <= turns; i++ {
				err := d.Decide(online.Event{Kind: online.TurnEnded, Turn: online.Turn{ID: i, Speaker: i%5 + 1, Start: int64(i), End: int64(i + 1), State: online.Final}})
				if err != nil {
					b.Fatal(err)
				}
			}
			var raw []byte
			for b.Loop() {
				raw, _ = d.AppendBinary(raw[:0]) // never fails
			}
			b.ReportMetric(float64(len(raw)), "bytes")
		})
	}
}

// move replaces the desk by another desk of the same state.
func (b *bench) move() {
	raw, err := b.desk.AppendBinary(nil)
	b.must(err)
	opts := b.desk.opts
	enc := event.Encoder{}
	b.must(enc.Resume(opts.Encoder.State()))
	opts.Encoder = &enc
	next := NewDesk(opts)
	b.must(next.UnmarshalBinary(raw))
	b.desk = next
}
