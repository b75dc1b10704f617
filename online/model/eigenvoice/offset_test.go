package eigenvoice

import (
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// TestOffsetByCovariance compares the pair of an utterance whose sounds may be
// off as a whole with that of the joint Gaussian of its frames: those of one
// Gaussian k have, in dimension i, the covariance C_ki (I/φ + σ² 11ᵀ).
func TestOffsetByCovariance(t *testing.T) {
	rng := testRand(30)
	m := randomModel(rng, 3, 2, 2, 0)
	m.Phi, m.OffsetVariance = 0.3, 0.7
	frames := someFrames(m, rng, 25)
	got := pair(m, frames...)

	acc := m.NewAccumulator()
	heard := make([][][]float64, 3) // by Gaussian
	for _, x := range frames {
		shares, _ := acc.Shares(x)
		k := floats.MaxIdx(shares)
		heard[k] = append(heard[k], x)
	}
	want := model.Shape{Nu: 2}.NewStats()
	want.N = float64(len(frames))
	for k, xs := range heard {
		n := len(xs)
		if n == 0 {
			continue
		}
		for i := range m.Dim() {
			row := k*m.Dim() + i
			cov := mat.NewSymDense(n, nil)
			x := mat.NewVecDense(n, nil)
			ones := mat.NewVecDense(n, nil)
			for a := range n {
				ones.SetVec(a, 1)
				x.SetVec(a, xs[a][i]-m.Means[row])
				for b := range a + 1 {
					cov.SetSym(a, b, m.Vars[row]*m.OffsetVariance)
				}
				cov.SetSym(a, a, m.Vars[row]*(m.OffsetVariance+1/m.Phi))
			}
			var chol mat.Cholesky
			if !chol.Factorize(cov) {
				t.Fatal("no covariance")
			}
			var solved mat.VecDense
			if err := chol.SolveVecTo(&solved, ones); err != nil {
				t.Fatal(err)
			}
			precision, sum := mat.Dot(ones, &solved), mat.Dot(x, &solved)
			v := block(m.V, row, 2)
			floats.AddScaled(want.D, sum, v)
			floats.AddScaled(want.DInv, precision, []float64{v[0] * v[0], v[1] * v[0], v[1] * v[1]})
		}
	}
	if !floats.EqualApprox(got.D, want.D, single) || !floats.EqualApprox(got.DInv, want.DInv, single) {
		t.Errorf("pair %v, expected %v", got, want)
	}
}

// TestOffsetSaturates holds that the same sound again and again says no more
// than 1/σ² frames of it.
func TestOffsetSaturates(t *testing.T) {
	m := randomModel(testRand(31), 1, 2, 2, 0)
	m.Phi, m.OffsetVariance = 0.5, 0.25
	x := []float64{m.Means[0] + 1, m.Means[1] - 1}
	plain := m.Copy()
	plain.Phi, plain.OffsetVariance = 1, 0
	one := pair(plain, x) // of one independent frame
	many := make([][]float64, 5000)
	for i := range many {
		many[i] = x
	}
	got := pair(m, many...)
	for i, v := range one.DInv {
		if limit := v / m.OffsetVariance; got.DInv[i]/limit < 0.99 || got.DInv[i]/limit > 1 {
			t.Errorf("D⁻¹[%d] of 5000 frames is %v, expected almost %v", i, got.DInv[i], limit)
		}
	}
}
