package front

import (
	"math"
	"math/rand/v2"
	"testing"
)

func noise(r *rand.Rand, x []float32, gain float64) {
	for i := range x {
		x[i] = float32(gain * r.NormFloat64())
	}
}

// Features but the absolute levels do not change when all samples are scaled.
func TestVectorIsLevelInvariant(t *testing.T) {
	loud, quiet := New(), New()
	r := rand.New(rand.NewPCG(5, 6))
	x, y := make([]float32, Hop), make([]float32, Hop)
	var v, w [Size]float32
	a, b := 0, 0
	for k := range 1000 {
		noise(r, x, math.Pow(10, -1*float64(k/100%3)))
		for i := range x {
			y[i] = x[i] / 16 // exact, so that only the power of silence makes a difference
		}
		a = loud.Push(x).Vector(&v, a)
		b = quiet.Push(y).Vector(&w, b)
		for i := range v {
			if d := math.Abs(float64(v[i] - w[i])); d > 0.02 {
				t.Fatalf("hop %d, feature %d: %v and %v", k, i, v[i], w[i])
			}
		}
	}
}

func TestFloorComesBackAfterLoudAndSilentPassages(t *testing.T) {
	f := New()
	r := rand.New(rand.NewPCG(7, 8))
	x := make([]float32, Hop)
	run := func(seconds int, gain float64) float32 {
		var over float32
		for range seconds * 100 {
			noise(r, x, gain)
			over = f.Push(x).Over[bands]
		}
		return over
	}
	run(20, 1e-3)
	before := f.floor.min
	for _, gain := range []float64{0.3, 0} {
		run(600, gain)
		run(4, 1e-3)
		for b, v := range f.floor.min {
			if math.Abs(float64(v-before[b])) > 4 {
				t.Errorf("band %d after a passage of %v: floor %.1f dB, %.1f before", b, gain, v, before[b])
			}
		}
	}
}

func BenchmarkPush(b *testing.B) {
	f := New()
	r := rand.New(rand.NewPCG(9, 1))
	x := make([]float32, Hop)
	noise(r, x, 0.1)
	var v [Size]float32
	b.ReportAllocs()
	for b.Loop() {
		f.Push(x).Vector(&v, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)*100, "ns/s_of_audio")
}
