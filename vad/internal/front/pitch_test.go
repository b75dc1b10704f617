package front

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCorrelationIsTheDirectSum(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	x := make([]float32, 8*pitchHop)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	var c correlator
	for i := 0; i < len(x); i += pitchHop {
		c.push((*[pitchHop]float32)(x[i:]))
	}
	for k := range lags {
		var prod, late, now float64
		for n := len(x) - pitchSpans*pitchHop; n < len(x); n++ {
			prod += float64(x[n]) * float64(x[n-minLag-k])
			late += float64(x[n-minLag-k]) * float64(x[n-minLag-k])
			now += float64(x[n]) * float64(x[n])
		}
		// 160 products of unit variates in single precision.
		got, want := float64(c.r[k]*c.scale[k]), prod/math.Sqrt(now*late)
		if math.Abs(got-want) > 1e-5 {
			t.Fatalf("lag %d: %g, want %g", minLag+k, got, want)
		}
	}
}

func TestPitchOfPulses(t *testing.T) {
	for _, level := range []float32{1, 1e-4} {
		for hz := 70; hz <= 350; hz += 20 {
			f := New()
			x := make([]float32, Hop)
			phase := 0.0
			var p Peak
			for range 50 {
				for i := range x {
					x[i] = 0
					if phase += float64(hz) / 16000; phase >= 1 {
						phase--
						x[i] = level
					}
				}
				p = f.Push(x).Raw
			}
			// Octave errors downwards are periods too.
			ratio := float64(p.Lag) * float64(hz) / pitchRate
			if p.Height < 0.75 || math.Abs(ratio-math.Round(ratio)) > 0.12 || ratio < 0.5 {
				t.Errorf("%d Hz at %g: %+v, %.2f periods", hz, level, p, ratio)
			}
		}
	}
}

func TestHumIsTakenOut(t *testing.T) {
	for _, hz := range []float64{50, 60, 100, 120} {
		f := New()
		x := make([]float32, Hop)
		var got Peak
		n := 0
		for range 400 {
			for i := range x {
				x[i] = 0
				for k := 1.0; k < 8; k++ {
					x[i] += float32(0.01 * math.Sin(k*(1+2*math.Pi*hz*float64(n)/16000)))
				}
				n++
			}
			got = f.Push(x).Pitch
		}
		if got.Height > 0.3 {
			t.Errorf("%v Hz hum still has a correlation of %v", hz, got.Height)
		}
	}
}
