package mic

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSlip: in any portions, each slip changes the length by one sample. Samples far from a slip are unchanged, and
// later or earlier by whole samples.
func TestSlip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "samples")
		in := make([]float32, n)
		for i := range in {
			in[i] = float32(.5 * math.Sin(float64(i)*.2))
		}
		s := newSlipper()
		var out []float32
		slips, moved := 0, 0
		for rest := in; len(rest) > 0; {
			k := min(len(rest), rapid.IntRange(1, 700).Draw(t, "block"))
			if s.dir == 0 && rapid.IntRange(0, 3).Draw(t, "slip") == 0 {
				s.dir = rapid.SampledFrom([]int{-1, 1}).Draw(t, "direction")
			}
			out = s.push(out, rest[:k])
			if d := s.take(); d != 0 {
				slips++
				moved += d
			}
			rest = rest[k:]
		}
		out = s.flush(out)
		if len(out) != n+moved {
			t.Fatalf("%d samples of %d after slips of %d in all", len(out), n, moved)
		}
		if slips == 0 && !slices.Equal(out, in) {
			t.Fatal("touched without need")
		}
		for i, x := range out {
			if !(x >= -.51 && x <= .51) {
				t.Fatalf("sample %d is %g", i, x)
			}
		}
	})
}

// TestSlipSound: the error of a slip is 55 dB below a tone of up to 6 kHz.
func TestSlipSound(t *testing.T) {
	for _, hz := range []float64{100, 1000, 3000, 6000} {
		for _, dir := range []int{-1, 1} {
			tone := func(at float64) float64 { return .5 * math.Sin(2*math.Pi*hz/16000*at) }
			in := make([]float32, 2000)
			for i := range in {
				in[i] = float32(tone(float64(i)))
			}
			s := newSlipper()
			out := s.push(nil, in[:500])
			s.dir = dir
			out = s.flush(s.push(out, in[500:]))
			n := float64(slipSpan + dir)
			var worst float64
			for i, x := range out {
				at := float64(i)
				switch k := at - 500; {
				case k >= n:
					at -= float64(dir)
				case k >= 0:
					at = 500 + k*slipSpan/n
				}
				worst = max(worst, math.Abs(float64(x)-tone(at)))
			}
			if db := 20 * math.Log10(worst/.5); db > -55 {
				t.Errorf("%g Hz, %+d: %.1f dB", hz, dir, db)
			}
		}
	}
}
