package front

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

func TestPowerIsTheTransformsPower(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	f := newPowerFFT()
	for range 5 {
		var x, win [fftLen]float32
		for i := range x {
			x[i], win[i] = float32(r.NormFloat64()), float32(r.Float64())
		}
		var got [fftLen/2 + 1]float32
		f.power(&got, &x, &win)
		for k, g := range got {
			var sum complex128
			for i := range x {
				sum += complex(float64(x[i])*float64(win[i]), 0) * cmplx.Rect(1, -2*math.Pi*float64(k*i)/fftLen)
			}
			want := real(sum)*real(sum) + imag(sum)*imag(sum)
			// A transform of 256 unit variates has a mean power near 100; single
			// precision loses about 1e-6 of that.
			if math.Abs(float64(g)-want) > 1e-5*(want+100) {
				t.Fatalf("bin %d: %g, want %g", k, g, want)
			}
		}
	}
}

func BenchmarkPower(b *testing.B) {
	f := newPowerFFT()
	var x, win [fftLen]float32
	var p [fftLen/2 + 1]float32
	for i := range x {
		x[i], win[i] = float32(i%7), 1
	}
	for b.Loop() {
		f.power(&p, &x, &win)
	}
}
