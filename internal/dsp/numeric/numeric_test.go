package numeric

import (
	"math"
	"testing"
)

func TestGCD(t *testing.T) {
	for a := range 60 {
		for b := range 60 {
			want := max(a, b)
			for d := 1; a > 0 && b > 0 && d <= min(a, b); d++ {
				if a%d == 0 && b%d == 0 {
					want = d
				}
			}
			if got := GCD(a, b); got != want {
				t.Errorf("GCD(%d, %d) is %d, expected %d", a, b, got, want)
			}
		}
	}
}

// BesselI0 is the mean of exp(x cos θ) over a circle.
func TestBesselI0(t *testing.T) {
	const n = 1000
	for _, x := range []float64{0, 0.5, 1, 6, 12} {
		sum := 0.0
		for i := range n {
			sum += math.Exp(x * math.Cos(2*math.Pi*float64(i)/n))
		}
		if got, want := BesselI0(x), sum/n; math.Abs(got-want) > 1e-12*want {
			t.Errorf("I0(%v) is %v, expected %v", x, got, want)
		}
	}
}
