package simd

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// apart is the largest relative difference of f and want over numbers of every size in ±limit.
func apart(limit float64, f func(float32) float32, want func(float64) float64) (worst, at float64) {
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
	worst, at := apart(far, sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) })
	if t.Logf("relative difference %.2g at %v", worst, at); worst > 3e-7 {
		t.Errorf("relative difference %.2g at %v", worst, at)
	}
	for x, want := range map[float32]float32{0: 0.5, 1e30: sigmoid(far), -1e30: sigmoid(-far)} {
		if got := sigmoid(x); got != want {
			t.Errorf("sigmoid(%v) = %v, expected %v", x, got, want)
		}
	}
}

func TestTanh(t *testing.T) {
	worst, at := apart(30, tanh, math.Tanh)
	if t.Logf("relative difference %.2g at %v", worst, at); worst > 3e-7 {
		t.Errorf("relative difference %.2g at %v", worst, at)
	}
	for x, want := range map[float32]float32{0: 0, 1e30: 1, -1e30: -1} {
		if got := tanh(x); got != want {
			t.Errorf("tanh(%v) = %v, expected %v", x, got, want)
		}
	}
}

func TestExp(t *testing.T) {
	if worst, at := apart(80, Exp, math.Exp); worst > 3e-7 {
		t.Errorf("relative difference %.2g at %v", worst, at)
	}
}

// TestCells compares a step with its definition in 64 bits, and holds that every path
// computes the bits of plain Go.
func TestCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := lanes * rapid.IntRange(0, 4).Draw(t, "n")
		size := rapid.SampledFrom([]float32{1, 10, 100, 1e6}).Draw(t, "size")
		gates, c := numbers(t, 4*n, "gates"), numbers(t, n, "c")
		for i := range gates {
			gates[i] *= size
		}
		h, after := make([]float32, n), slices.Clone(c)
		portableCells(h, after, gates)
		sigma := func(i int) float64 { return 1 / (1 + math.Exp(-float64(gates[i]))) }
		for i, v := range c {
			cell := sigma(n+i)*float64(v) + sigma(i)*math.Tanh(float64(gates[2*n+i]))
			if math.Abs(float64(after[i])-cell) > 1e-6 || math.Abs(float64(h[i])-sigma(3*n+i)*math.Tanh(cell)) > 1e-6 {
				t.Fatalf("cell %d is %v with state %v, expected %v with %v", i, after[i], h[i], cell, sigma(3*n+i)*math.Tanh(cell))
			}
		}
		by := rapid.IntRange(0, 15).Draw(t, "by")
		for _, path := range Paths() {
			gotH, gotC := shifted(make([]float32, n), by), shifted(c, by)
			if Cells(path, gotH, gotC, shifted(gates, by)); !slices.Equal(gotH, h) || !slices.Equal(gotC, after) {
				t.Fatalf("%v: other bits than plain Go: %v %v, expected %v %v", path, gotH, gotC, h, after)
			}
		}
	})
}

func BenchmarkCells(b *testing.B) {
	h, c, gates := make([]float32, 128), make([]float32, 128), make([]float32, 512)
	for i := range gates {
		gates[i] = float32(i%37)/9 - 2
	}
	for _, path := range Paths() {
		b.Run(path.String(), func(b *testing.B) {
			for b.Loop() {
				Cells(path, h, c, gates)
			}
		})
	}
}
