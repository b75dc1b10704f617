package vad

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

func TestStateIsComplete(t *testing.T) {
	d, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	statetest.Covers(t, d, d.fields(), "cfg")
	statetest.Covers(t, d.score, append(d.score.fields(), d.score.cell), "step", "behind")
	statetest.Covers(t, d.score.cell, []any{d.score.cell.State}, "Columns", "dense", "gate", "rec", "Output")
	statetest.Covers(t, &d.rule, append(d.rule.fields(), &d.rule.pending[0]), "threshold", "hang", "before", "least")
	statetest.Covers(t, &d.rule.pending[0], d.rule.pending[0].fields())
}

// TestMovedDetector holds that a detector that is replaced at any sample by one
// of the same state decides the same.
func TestMovedDetector(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	x := make([]float32, 5*16000)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)/20+math.Sin(float64(i)/900))*math.Max(0, math.Sin(float64(i)/7000)) + 0.01*r.NormFloat64())
	}
	whole, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := whole.Flush(whole.Push(nil, x))
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.IntRange(0, len(x)).Draw(t, "cut")
		a, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		got := a.Push(nil, x[:cut])
		raw, err := a.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.UnmarshalBinary(raw); err != nil {
			t.Fatal(err)
		}
		if got = b.Flush(b.Push(got, x[cut:])); !slices.Equal(got, want) {
			t.Fatalf("moved at sample %d: other decisions", cut)
		}
		if err := b.UnmarshalBinary(raw[:len(raw)-1]); !errors.Is(err, state.ErrState) {
			t.Fatalf("a state cut short: %v", err)
		}
	})
}
