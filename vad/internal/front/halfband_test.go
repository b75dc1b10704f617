package front

import (
	"math"
	"testing"
)

// response is the gain of h for a cosine of the given cycles per input sample.
func response(h *halfband, f float64) float64 {
	g := 0.5
	for k, t := range h.side {
		g += 2 * float64(t) * math.Cos(2*math.Pi*f*float64(2*k+1))
	}
	return math.Abs(g)
}

func TestHalfbandPassesHalfTheBand(t *testing.T) {
	for _, n := range []int{6, 8} {
		h := newHalfband(n, Hop)
		for f := 0.0; f <= 0.15; f += 0.01 {
			if g := response(h, f); math.Abs(g-1) > 0.03 {
				t.Errorf("%d taps: gain %.3f at %.2f", n, g, f)
			}
		}
		for f := 0.35; f <= 0.5; f += 0.01 {
			if g := response(h, f); g > 0.03 {
				t.Errorf("%d taps: gain %.3f at %.2f", n, g, f)
			}
		}
	}
}

func TestHalfbandIsTheConvolution(t *testing.T) {
	h := newHalfband(6, 20)
	x := make([]float32, 100)
	for i := range x {
		x[i] = float32((i*i)%17) - 8
	}
	var got []float32
	out := make([]float32, 10)
	for i := 0; i < len(x); i += 20 {
		h.process(out, x[i:i+20])
		got = append(got, out...)
	}
	at := func(i int) float64 {
		if i < 0 || i >= len(x) {
			return 0
		}
		return float64(x[i])
	}
	for i, g := range got {
		c := 2*i + 1 - h.reach()
		want := 0.5 * at(c)
		for k, tap := range h.side {
			want += float64(tap) * (at(c-2*k-1) + at(c+2*k+1))
		}
		if math.Abs(float64(g)-want) > 1e-5 {
			t.Fatalf("output %d: %g, want %g", i, g, want)
		}
	}
}
