package embedding

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// TestExpect holds what is expected of a pair against integrals over y. The factors are
// independent, so that each has an integral of its own.
func TestExpect(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, eps := range []float64{0, 0.1} {
		for _, f := range []float64{1, 4} {
			m := testModel(nil)
			m.WithinSpeakerVariance = eps
			said, heard := m.Shape().NewStats(), m.Shape().NewStats()
			for _, s := range []model.Stats{said, heard} {
				for i := range s.D {
					s.D[i], s.DInv[i] = 3*rng.NormFloat64(), 0.1+3*rng.Float64()
				}
			}
			v := model.Voice{Stats: said}
			s := m.NewScorer()
			s.Adapt(&v, f)
			want := 0.0
			for i, d := range said.D {
				k := 1 / (f * (1 + eps*said.DInv[i]))
				mass, sum := 0.0, 0.0
				for y := -12.0; y < 12; y += 1e-3 {
					p := math.Exp(k*(d*y-said.DInv[i]*y*y/2) - y*y/2)
					mass += p
					sum += p * (heard.D[i]*y - heard.DInv[i]*y*y/2)
				}
				want += sum / mass
			}
			if got := s.Expect(&v, heard); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("ε %v, f %v: %v expected, integrals say %v", eps, f, got, want)
			}
		}
	}
}
