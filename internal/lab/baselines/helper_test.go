package baselines

import (
	"math"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

const testDim = 3

// testModel is a small model; apart is the distance of its Gaussians' means.
func testModel(rng *rand.Rand, apart float64) *eigenvoice.Model {
	const size, nu, mu = 4, 3, 2
	m := &eigenvoice.Model{
		Features:    features.Config{Ceps: testDim, Filters: testDim + 2, LowHz: 100, HighHz: 3800, MeanPrior: 1},
		FeatureMean: make([]float64, testDim), Weights: make([]float64, size), Means: make([]float64, size*testDim),
		Vars: make([]float64, size*testDim), V: make([]float64, size*testDim*nu), U: make([]float64, size*testDim*mu),
		Nu: nu, Mu: mu, Phi: 0.3, Soft: true, WithinSpeakerVariance: 0.02, LengthExponent: 0.5, Slope: 1,
	}
	for k := range m.Weights {
		m.Weights[k] = 1.0 / size
	}
	for i := range m.Means {
		m.Means[i], m.Vars[i] = apart*rng.NormFloat64(), 0.5+rng.Float64()
	}
	for i := range m.V {
		m.V[i] = 0.8 * rng.NormFloat64()
	}
	for i := range m.U {
		m.U[i] = 0.2 * rng.NormFloat64()
	}
	return m
}

// speak returns n frames of the speaker with factors y.
func speak(rng *rand.Rand, m *eigenvoice.Model, y []float64, n int) []float64 {
	var out []float64
	for range n {
		k := rng.IntN(len(m.Weights))
		for i := range testDim {
			row := k*testDim + i
			x := m.Means[row] + math.Sqrt(m.Vars[row])*rng.NormFloat64()
			for j, f := range y {
				x += m.V[row*m.Nu+j] * f
			}
			out = append(out, x)
		}
	}
	return out
}

func asIs(dst, frame []float64) { copy(dst, frame) }

func utterance(m *eigenvoice.Model, frames []float64) Utterance {
	return NewUtterance(m.NewAccumulator(), testDim, frames, asIs)
}

// meeting returns utterances of the given speakers.
func meeting(rng *rand.Rand, m *eigenvoice.Model, speakers ...int) []Utterance {
	factors := map[int][]float64{}
	var out []Utterance
	for _, s := range speakers {
		if factors[s] == nil {
			factors[s] = []float64{2 * rng.NormFloat64(), 2 * rng.NormFloat64(), 2 * rng.NormFloat64()}
		}
		out = append(out, utterance(m, speak(rng, m, factors[s], 40+rng.IntN(80))))
	}
	return out
}
