package model

import (
	"math"
	"testing"
)

// TestPosteriorByQuadrature compares the expected log likelihood, for ν = 2,
// with a sum over a fine grid of y: differences between two stretches of sound
// of equal counts, as constants of the sound do not matter.
func TestPosteriorByQuadrature(t *testing.T) {
	rng := testRand(90)
	m := randomModel(rng, 4, 3, 2, 0)
	m.Phi = 0.5
	known, heard := someFrames(m, rng, 6), someFrames(m, rng, 5)
	post := m.NewPosterior()
	post.Set(pair(m, known...))

	acc := m.NewAccumulator()
	for _, x := range heard {
		acc.Add(x)
	}
	got := post.LogLikelihood(acc.Moments())

	prior, x := pair(m, known...), pair(m, heard...)
	quad := func(s Stats, y0, y1 float64) float64 { // dᵀy − ½ yᵀ D⁻¹ y
		return s.D[0]*y0 + s.D[1]*y1 - 0.5*(s.DInv[0]*y0*y0+2*s.DInv[1]*y0*y1+s.DInv[2]*y1*y1)
	}
	var mass, sum float64
	const step = 0.02
	for y0 := -8.0; y0 < 8; y0 += step {
		for y1 := -8.0; y1 < 8; y1 += step {
			w := math.Exp(quad(prior, y0, y1) - (y0*y0+y1*y1)/2)
			mass += w
			sum += w * quad(x, y0, y1)
		}
	}
	if want := sum / mass; math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
		t.Errorf("expected log likelihood %v, by quadrature %v", got, want)
	}
}
