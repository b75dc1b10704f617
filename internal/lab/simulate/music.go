package simulate

import (
	"math"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
)

// Music returns n samples of made-up music with an RMS of 1: chords of a key that
// change with the bar, a bass, a melody, and drums in half the pieces. Instruments
// differ in how fast they sound, how long they ring and how bright they are.
func Music(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	beat := int(60.0 / (80 + 70*rng.Float64()) * dataset.Rate)
	tonic := 110 * math.Pow(2, float64(rng.IntN(12))/12)
	scale := [][]int{{0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10}}[rng.IntN(2)]
	pitch := func(degree int) float64 {
		return tonic * math.Pow(2, float64(scale[degree%7]+12*(degree/7))/12)
	}
	chords, bass, lead := anInstrument(rng), anInstrument(rng), anInstrument(rng)
	drums := rng.IntN(2) == 0
	root := 0
	for at, k := 0, 0; at < n; at, k = at+beat, k+1 {
		if k%4 == 0 {
			root = []int{0, 3, 4, 5}[rng.IntN(4)]
			for _, third := range []int{0, 2, 4} {
				chords.play(x, at, 4*beat, pitch(7+root+third), 0.25)
			}
		}
		if k%2 == 0 {
			bass.play(x, at, 2*beat, pitch(root)/2, 0.5)
		}
		if rng.IntN(3) > 0 {
			lead.play(x, at, beat, pitch(14+root+rng.IntN(6)), 0.4)
		}
		if drums {
			drum(rng, x, at, 0.05, 1.2)
			drum(rng, x, at+beat/2, 0.015, 0.4)
		}
	}
	level(x)
	return x
}

// Applause returns n samples of applause with an RMS of 1: hundreds of claps a second,
// each in its own band, that swell and die away.
func Applause(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for range n / 40 { // 400 a second
		at := rng.IntN(max(1, n))
		far := float64(min(at, n-at)) / dataset.Rate // from an end
		drum(rng, x, at, 0.004+0.01*rng.Float64(), min(1, far)*rng.ExpFloat64())
	}
	level(x)
	return x
}

// instrument is a timbre: partials whose strength falls by power decay, a rise of
// attack seconds, and a fall to 1/e in ring seconds.
type instrument struct{ partials, decay, attack, ring float64 }

func anInstrument(rng *rand.Rand) instrument {
	return instrument{partials: 4 + float64(rng.IntN(10)), decay: 0.8 + 1.2*rng.Float64(), attack: 0.005 + 0.1*rng.Float64(), ring: 0.2 + 2*rng.Float64()}
}

// play adds a note of n samples to x.
func (i instrument) play(x []float32, at, n int, hz, gain float64) {
	for k := 1.0; k <= i.partials && k*hz < 0.45*dataset.Rate; k++ {
		w, a := 2*math.Pi*k*hz/dataset.Rate, gain*math.Pow(k, -i.decay)
		for j := 0; j < n && at+j < len(x); j++ {
			s := float64(j) / dataset.Rate
			release := min(1, float64(n-j)/(0.01*dataset.Rate))
			x[at+j] += float32(a * min(1, s/i.attack) * math.Exp(-s/i.ring) * release * math.Sin(w*float64(j)))
		}
	}
}

// drum adds a burst of noise that falls to 1/e in ring seconds, of a colour of its own.
func drum(rng *rand.Rand, x []float32, at int, ring, gain float64) {
	dull, low := rng.Float64(), 0.0
	for j := 0; at+j < len(x) && float64(j) < 5*ring*dataset.Rate; j++ {
		low += (1 - 0.9*dull) * (rng.NormFloat64() - low)
		x[at+j] += float32(gain * math.Exp(-float64(j)/dataset.Rate/ring) * low)
	}
}

// level scales x to an RMS of 1.
func level(x []float32) { Scale(x, 1/math.Sqrt(math.Max(Power(x), 1e-12))) }
