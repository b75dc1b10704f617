package resample

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

// TestMoved holds that a resampler replaced at any sample by one of the same
// state gives the same samples.
func TestMoved(t *testing.T) {
	x := make([]float32, 5000)
	for i := range x {
		x[i] = float32(math.Sin(float64(i) / 9))
	}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom([]int{8000, 16000, 44100, 48000, 11025}).Draw(t, "rate")
		cut := rapid.IntRange(0, len(x)).Draw(t, "cut")
		made := func() *Resampler {
			r, err := New(from, 16000)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		a, b, whole := made(), made(), made()
		want := whole.Flush(whole.Push(nil, x))
		got := a.Push(nil, x[:cut])
		raw, err := a.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.UnmarshalBinary(raw); err != nil {
			t.Fatal(err)
		}
		if got = b.Flush(b.Push(got, x[cut:])); !slices.Equal(got, want) {
			t.Fatalf("moved at sample %d: other samples", cut)
		}
	})
}

func TestStateIsComplete(t *testing.T) {
	r, err := New(44100, 16000)
	if err != nil {
		t.Fatal(err)
	}
	statetest.Covers(t, r, r.fields(), "up", "down", "bank", "scale", "interp")
}
