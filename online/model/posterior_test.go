package model

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestPosterior holds the posterior and what it expects against integrals over y. The
// factors are independent, so that each has an integral of its own.
func TestPosterior(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, shape := range []Shape{{Nu: 3, Diagonal: true}, {Nu: 3}} {
		for _, rule := range []Rule{{}, {WithinSpeakerVariance: 0.1}} {
			for _, f := range []float64{1, 4} {
				said, heard := shape.NewStats(), shape.NewStats()
				for _, s := range []Stats{said, heard} {
					for i := range s.D {
						s.D[i] = 3 * rng.NormFloat64()
					}
					for i := range s.DInv {
						s.DInv[i] = 0.1 + 3*rng.Float64()
					}
				}
				var p Posterior
				p.Set(shape, said, rule, f)
				want := 0.0
				for i := range shape.Nu {
					at := i
					if !shape.Diagonal {
						at = i * (i + 3) / 2
					}
					k := 1 / (f * (1 + rule.WithinSpeakerVariance*said.DInv[at]))
					mass, sum := 0.0, 0.0
					const step = 1e-3
					for y := -12.0; y < 12; y += step {
						w := math.Exp(k*(said.D[i]*y-said.DInv[at]*y*y/2) - y*y/2)
						mass += w
						sum += w * (heard.D[i]*y - heard.DInv[at]*y*y/2)
					}
					want += sum / mass
				}
				if got := p.Expect(shape, heard); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
					t.Errorf("%+v, %+v, f %v: %v expected, integrals say %v", shape, rule, f, got, want)
				}
			}
		}
	}
}
