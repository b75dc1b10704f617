package front

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/state/statetest"
)

// sounds are what silence may follow: loud and faint, with and without an offset,
// a hum that the noise's correlation learns.
var sounds = map[string]func(r *rand.Rand, x []float32){
	"noise":       func(r *rand.Rand, x []float32) { noise(r, x, 0.3) },
	"faint noise": func(r *rand.Rand, x []float32) { noise(r, x, 1e-10) },
	"offset": func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = 0.5
		}
	},
	"hum": func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = float32(0.01 * math.Sin(2*math.Pi*100*float64(i)/16000))
		}
	},
	"one click": func(r *rand.Rand, x []float32) {
		clear(x)
		x[0] = 1 << 16
	},
	"one bit": func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = float32(r.IntN(2)) / (1 << 15)
		}
	},
}

// TestSilenceEnds holds that a filter's answer to silence ends: after half a second
// of zeros behind any sound every state is exactly 0, no number on the way is a
// subnormal one, and what remembers noise longer is at 0 after a minute.
func TestSilenceEnds(t *testing.T) {
	for name, sound := range sounds {
		t.Run(name, func(t *testing.T) {
			f := New()
			r := rand.New(rand.NewPCG(3, 4))
			x := make([]float32, Hop)
			for range 300 {
				sound(r, x)
				f.Push(x)
			}
			clear(x)
			for hop := range 6000 {
				f.Push(x)
				if hop < 100 || hop%100 == 0 {
					if at := statetest.Subnormal(f); at != "" {
						t.Fatalf("hop %d of silence: Front%s is a subnormal number", hop, at)
					}
				}
				if hop >= 50 && !f.still() {
					t.Fatalf("hop %d of silence: filters that are not at 0: dc %g, high-pass %+v, energy %g", hop, f.dc, f.hp, f.corr.energy)
				}
			}
			if f.noise != f.none {
				t.Errorf("noise correlation %v after a minute of silence", f.noise.r)
			}
		})
	}
}

// BenchmarkSilence shows that a muted line costs no more than a quiet one.
func BenchmarkSilence(b *testing.B) {
	speech := func(r *rand.Rand, x []float32) { noise(r, x, 0.1) }
	zeros := func(_ *rand.Rand, x []float32) { clear(x) }
	for _, c := range []struct {
		name string
		then func(r *rand.Rand, x []float32)
	}{{"sound", speech}, {"zeros after sound", zeros}, {"one bit after sound", sounds["one bit"]}} {
		b.Run(c.name, func(b *testing.B) {
			f := New()
			r := rand.New(rand.NewPCG(5, 6))
			x := make([]float32, Hop)
			var v [Size]float32
			for range 300 {
				speech(r, x)
				f.Push(x)
			}
			b.ReportAllocs()
			for b.Loop() {
				c.then(r, x)
				f.Push(x).Vector(&v, 0)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)*100, "ns/s_of_audio")
		})
	}
}
