package picture

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/capture"
)

// bursts is noise in bursts of a tenth of a second to a second, with pauses.
func bursts(rng *rand.Rand, seconds int) []float32 {
	x := make([]float32, 0, seconds*capture.Rate)
	for odd := 0; len(x) < seconds*capture.Rate; odd = 1 - odd {
		loud := float32(0.1+0.2*rng.Float64()) * float32(odd)
		for range capture.Rate/10 + rng.IntN(capture.Rate) {
			x = append(x, loud*float32(rng.NormFloat64())*0.3)
		}
	}
	return x[:seconds*capture.Rate]
}

// The same sound, so many frames later, softer and with other noise, is found at exactly
// that delay.
func TestLagIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		lag := rapid.IntRange(-50, 50).Draw(t, "lag")
		gain := rapid.Float64Range(0.05, 1).Draw(t, "gain")
		x := bursts(rng, 4)
		y := make([]float32, len(x))
		for i := range y {
			if k := i + lag*Hop; k >= 0 && k < len(x) {
				y[i] = float32(gain) * x[k]
			}
			y[i] += 0.0003 * float32(rng.NormFloat64())
		}
		a, b := NewPainter().Push(nil, x), NewPainter().Push(nil, y)
		for name, s := range map[string]*Scale{"decibels": Decibels, "amplitude": Amplitude} {
			best, at := -1.0, 0
			for l := lag - 15; l <= lag+15; l++ {
				if r := s.Correlation(a, b, 0, len(a), l, 100, 200); r > best {
					best, at = r, l
				}
			}
			if at != lag || best < 0.7 {
				t.Fatalf("%s: %d frames at a correlation of %.2f, expected %d", name, at, best, lag)
			}
		}
	})
}

// A picture does not depend on how its sound is cut into blocks. Lost sound is silence in
// it.
func TestPictureOfPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		x := bursts(rng, 1)
		whole := NewPainter().Push(nil, x)
		var got []Frame
		p := NewPainter()
		for rest := x; len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(1, 3000).Draw(t, "samples"))
			got, rest = p.Push(got, rest[:n]), rest[n:]
		}
		if len(got) != len(whole) || len(got) != capture.Rate/Hop {
			t.Fatalf("%d frames, whole %d", len(got), len(whole))
		}
		for i := range got {
			if got[i] != whole[i] {
				t.Fatalf("frame %d: %v, whole %v", i, got[i], whole[i])
			}
		}
		lost := rapid.Int64Range(1, 10*Hop).Draw(t, "lost")
		got = p.Skip(got[:0], lost)
		if int64(len(got)) != lost/Hop {
			t.Fatalf("%d frames of %d samples", len(got), lost)
		}
		for _, f := range got {
			if f.Level() > -90 {
				t.Fatalf("a level of %.0f dB of what is lost", f.Level())
			}
		}
	})
}

func TestNothingIsLikeSilence(t *testing.T) {
	silence, noise := NewPainter().Skip(nil, 500*Hop), NewPainter().Push(nil, bursts(rand.New(rand.NewPCG(1, 1)), 5))
	for _, s := range []*Scale{Decibels, Amplitude} {
		if r := s.Correlation(silence, noise, 0, 500, 0, 100, 10); r != -1 {
			t.Errorf("silence: %v", r)
		}
		if r := s.Correlation(noise, noise, 0, 500, 450, 100, 100); r != -1 {
			t.Errorf("too little: %v", r)
		}
		if r := s.Correlation(noise, noise, 0, 500, 0, 100, 100); math.Abs(r-1) > 1e-9 {
			t.Errorf("itself: %v", r)
		}
	}
}

func BenchmarkCorrelation(b *testing.B) {
	x := NewPainter().Push(nil, bursts(rand.New(rand.NewPCG(1, 1)), 9))
	for b.Loop() {
		Decibels.Correlation(x, x, 0, len(x), 1, 100, 300)
	}
}
