package eigenvoice

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// TestExpect holds what is expected of a pair against matrices written out: the mean of
// yᵀd − ½ yᵀD⁻¹y over the posterior of the speaker's factors.
func TestExpect(t *testing.T) {
	rng := testRand(91)
	const nu = 5
	for _, eps := range []float64{0, 0.2} {
		for _, f := range []float64{1, 4} {
			m := randomModel(rng, 4, 3, nu, 0)
			m.WithinSpeakerVariance = eps
			said, heard := pair(m, someFrames(m, rng, 40)...), pair(m, someFrames(m, rng, 7)...)
			s := m.NewScorer()
			v := model.Voice{Stats: said.Clone()}
			s.Adapt(&v, f)

			eye := mat.NewDiagDense(nu, []float64{1, 1, 1, 1, 1})
			var k, precision, j mat.Dense
			k.Scale(eps, dense(said))
			k.Add(&k, eye)
			if err := k.Inverse(&k); err != nil {
				t.Fatal(err)
			}
			precision.Mul(&k, dense(said))
			j.Scale(1/f, &precision)
			j.Add(&j, eye)
			if err := j.Inverse(&j); err != nil {
				t.Fatal(err)
			}
			var d, y mat.VecDense
			d.MulVec(&k, mat.NewVecDense(nu, said.D))
			d.ScaleVec(1/f, &d)
			y.MulVec(&j, &d)
			var square, product mat.Dense
			square.Outer(1, &y, &y)
			square.Add(&square, &j)
			product.Mul(dense(heard), &square)
			want := mat.Dot(mat.NewVecDense(nu, heard.D), &y) - mat.Trace(&product)/2
			if got := s.Expect(&v, heard); math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
				t.Errorf("ε %v, f %v: %v expected, matrices say %v", eps, f, got, want)
			}
		}
	}
}

// dense is D⁻¹ of a pair.
func dense(s model.Stats) *mat.SymDense {
	n := len(s.D)
	d := mat.NewSymDense(n, nil)
	for i, at := 0, 0; i < n; i++ {
		for k := 0; k <= i; k, at = k+1, at+1 {
			d.SetSym(i, k, s.DInv[at])
		}
	}
	return d
}
