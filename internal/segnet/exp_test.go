package segnet

import (
	"math"
	"testing"
)

// far is the largest relative difference of f and want over numbers of every size in ±limit.
func far(limit float64, f func(float32) float32, want func(float64) float64) (worst, at float64) {
	try := func(x float32) {
		w := want(float64(x))
		if d := math.Abs(float64(f(x))-w) / math.Abs(w); !(d <= worst) && w != 0 {
			worst, at = d, float64(x)
		}
	}
	for x := 1e-30; x < limit; x *= 1.0007 {
		try(float32(x))
		try(float32(-x))
	}
	for i := range 200000 {
		try(float32(limit * (float64(i)/100000 - 1)))
	}
	return worst, at
}

func TestSigmoid(t *testing.T) {
	worst, at := far(beyond, sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) })
	if t.Logf("relative difference %.2g at %v", worst, at); worst > 5e-7 {
		t.Errorf("relative difference %.2g at %v", worst, at)
	}
	for x, want := range map[float32]float32{0: 0.5, 1e30: sigmoid(beyond), -1e30: sigmoid(below)} {
		if got := sigmoid(x); got != want {
			t.Errorf("sigmoid(%v) = %v, expected %v", x, got, want)
		}
	}
}

func TestTanh(t *testing.T) {
	worst, at := far(30, tanh, math.Tanh)
	if t.Logf("relative difference %.2g at %v", worst, at); worst > 5e-7 {
		t.Errorf("relative difference %.2g at %v", worst, at)
	}
	for x, want := range map[float32]float32{0: 0, 1e30: 1, -1e30: -1} {
		if got := tanh(x); got != want {
			t.Errorf("tanh(%v) = %v, expected %v", x, got, want)
		}
	}
}

func TestSoftmax(t *testing.T) {
	for _, z := range [][]float32{{0, 0, 0, 0, 0, 0, 0}, {1, -2, 3, -4, 5, -6, 7}, {1e6, 0, -1e6, 3, 999999, 5, 6}, {-300, -301, -302, -303, -304, -305, -390}} {
		var got Frame
		softmax(&got, z)
		total := 0.0
		for _, v := range z {
			total += math.Exp(float64(v - z[indexOfMax(z)]))
		}
		for i, v := range z {
			if want := math.Exp(float64(v-z[indexOfMax(z)])) / total; math.Abs(float64(got[i])-want) > 1e-6*want+1e-30 {
				t.Errorf("softmax(%v)[%d] = %v, expected %v", z, i, got[i], want)
			}
		}
	}
}

func indexOfMax(z []float32) int {
	top := 0
	for i, v := range z {
		if v > z[top] {
			top = i
		}
	}
	return top
}
