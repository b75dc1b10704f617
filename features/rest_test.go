package features

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSkippedFrames holds that an extractor that skips silence goes on as if it had
// been added and passed over.
func TestSkippedFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Default()
		cfg.DeltaSpan = rapid.IntRange(1, 4).Draw(t, "span")
		cfg.Deltas = rapid.Bool().Draw(t, "deltas")
		before := noise(3, rapid.IntRange(0, 3000).Draw(t, "before"))
		after := noise(4, rapid.IntRange(0, 3000).Draw(t, "after"))
		silence := rapid.IntRange(0, 4000).Draw(t, "silence")
		skip := rapid.Int64Range(0, 100).Draw(t, "frames")
		early := rapid.IntRange(0, 3).Draw(t, "frames of it asked for")
		rest := func(skipped bool) (frames [][]float64) {
			e, err := NewExtractor(cfg)
			if err != nil {
				t.Fatal(err)
			}
			keep := func(f []float64) { frames = append(frames, slices.Clone(f)) }
			e.Push(before, keep)
			e.Add(make([]float32, silence))
			for n := e.Waiting(); n > 0; n-- {
				if n <= early {
					keep(e.Next())
				} else {
					e.Pass()
				}
			}
			for n := 0; !e.Resting(); n++ { // the silence was short
				if n > 20 {
					t.Fatalf("does not rest after %d samples and %d frames of silence", silence, n)
				}
				e.Add(make([]float32, Hop))
				for range e.Waiting() {
					e.Pass()
				}
			}
			if skipped {
				e.Skip(skip)
			} else {
				e.Add(make([]float32, skip*Hop))
				for range skip {
					e.Pass()
				}
			}
			e.Push(after, keep)
			e.Flush(keep)
			return frames
		}
		if got, want := rest(true), rest(false); !slices.EqualFunc(got, want, slices.Equal[[]float64]) {
			t.Fatalf("%d frames that are not the %d of silence added", len(got), len(want))
		}
	})
}

// TestBadSamples holds that samples that are no sound are silence and nothing more.
func TestBadSamples(t *testing.T) {
	x := noise(5, 5000)
	y := slices.Clone(x)
	for i, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -70000} {
		x[i*900], y[i*900] = 0, bad
	}
	want, got := extract(t, Default(), x, 333), extract(t, Default(), y, 333)
	if !slices.EqualFunc(got, want, slices.Equal[[]float64]) {
		t.Error("other frames than with silence in place of the bad samples")
	}
	if !math.IsNaN(float64(y[0])) {
		t.Error("the caller's samples were changed")
	}
}
