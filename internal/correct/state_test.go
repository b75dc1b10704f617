package correct

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
	"github.com/seed-7adb9000/diarizer/publish"
)

func TestStateIsComplete(t *testing.T) {
	d := NewDesk(Options{})
	statetest.Covers(t, d, d.fields(), "mu", "opts")
	var tn turn
	var id int
	statetest.Covers(t, &tn.Turn, turnFields(&id, &tn), "ID")
	statetest.Covers(t, &tn, turnFields(&id, &tn)[1:], "Turn") // whose fields are listed
	var c Correction
	statetest.Covers(t, &c, correctionFields(&c))
}

// TestMovedDesk holds that a desk replaced at any time by one of the same state
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
			if want.Source == nil && !reflect.DeepEqual(got, want) {
				t.Fatalf("moved, it went on to %+v, expected %+v", got, want)
			}
		}
		if len(moves.events) != len(stays.events) {
			t.Fatalf("moved, it went on to %d events, expected %d", len(moves.events), len(stays.events))
		}
	})
}

// move replaces the desk by another one of the same state.
func (b *bench) move() {
	raw, err := b.desk.AppendBinary(nil)
	b.must(err)
	opts := b.desk.opts
	enc := publish.Encoder{}
	b.must(enc.Resume(opts.Encoder.State()))
	opts.Encoder = &enc
	next := NewDesk(opts)
	b.must(next.UnmarshalBinary(raw))
	b.desk = next
}
