package resample

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestResetAt holds that ResetAt gives the same bits as silence before the sound, without the outputs of that silence.
func TestResetAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(rates).Draw(t, "rate")
		lead := rapid.IntRange(0, 3000).Draw(t, "lead")
		x := make([]float32, rapid.IntRange(0, 2000).Draw(t, "samples"))
		for i := range x {
			x[i] = float32(math.Sin(float64(i) / 7))
		}
		silent, late := made(t, from), made(t, from)
		want := silent.Flush(silent.Push(nil, append(make([]float32, lead), x...)))
		late.Push(nil, x[:len(x)/2]) // which is forgotten
		before := late.ResetAt(int64(lead))
		half := len(x) / 2
		got := late.Flush(late.Push(late.Push(nil, x[:half]), x[half:]))
		if before != late.Length(int64(lead)) || !slices.Equal(got, want[before:]) {
			t.Fatalf("%d outputs from %d on, want %d", len(got), before, len(want)-int(before))
		}
	})
}

func made(t *rapid.T, from int) *Resampler {
	r, err := New(from, outRate)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
