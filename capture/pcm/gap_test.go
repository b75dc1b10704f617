package pcm

import (
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestGaps: the accepted gaps are never more than MaxGap in all, and a warning tells of refused gaps.
func TestGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g Gaps
		var seconds float64
		refused := false
		for range rapid.IntRange(1, 50).Draw(t, "gaps") {
			rate := rapid.IntRange(1, math.MaxInt32).Draw(t, "rate")
			frames := rapid.OneOf(
				rapid.Int64(),
				rapid.Int64Range(0, int64(rate)*3600),
			).Draw(t, "frames")
			got := g.Add(frames, rate)
			if got != 0 && got != frames || frames <= 0 && got != 0 {
				t.Fatalf("%d frames for %d", got, frames)
			}
			refused = refused || got == 0 && frames > 0
			seconds += float64(got) / float64(rate)
		}
		if seconds > MaxGap.Seconds()+1e-3 || math.Abs(g.Total().Seconds()-seconds) > 1e-3 {
			t.Fatalf("%.3f s of gaps believed, %v told", seconds, g.Total())
		}
		if w := g.Warning(); refused != errors.Is(w, ErrDamaged) {
			t.Fatalf("refused: %v, said: %v", refused, w)
		}
	})
}

func TestGapOfAYear(t *testing.T) {
	var g Gaps
	if n := g.Add(365*24*3600*48000, 48000); n != 0 {
		t.Errorf("a year is a gap of %d frames", n)
	}
	if n := g.Add(20*48000, 48000); n != 20*48000 || g.Total() != 20*time.Second {
		t.Errorf("%d frames, %v", n, g.Total())
	}
	t.Log(g.Warning())
}
