package eigenvoice

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// TestGain holds the gain of frames for a settled voice against their likelihoods
// by definition, under the voice's mean, which is held against a linear solver.
func TestGain(t *testing.T) {
	rng := testRand(90)
	m := randomModel(rng, 4, 3, 5, 0)
	s := m.NewScorer()
	spoken := pair(m, someFrames(m, rng, 40)...)
	v := model.Voice{Stats: spoken.Clone()}
	s.Freeze(&v)

	j := mat.NewSymDense(5, nil)
	for i, at := 0, 0; i < 5; i++ {
		for k := 0; k <= i; k, at = k+1, at+1 {
			j.SetSym(i, k, spoken.DInv[at])
		}
		j.SetSym(i, i, j.At(i, i)+1)
	}
	var y mat.VecDense
	if err := y.SolveVec(j, mat.NewVecDense(5, spoken.D)); err != nil {
		t.Fatal(err)
	}
	for i, got := range memoOf(&v).mean {
		if math.Abs(got-y.AtVec(i)) > 1e-9 {
			t.Fatalf("mean %v, expected %v", memoOf(&v).mean, y.RawVector().Data)
		}
	}
	// By the definition, but for the products of different directions.
	a, moment := m.NewAccumulator(), model.Moment{}
	for n := range 20 {
		frames := someFrames(m, rng, n)
		a.Reset()
		for _, x := range frames {
			a.Add(x)
		}
		a.MomentInto(&moment)
		want := logRatio(m, frames, memoOf(&v).mean, nil)
		cross := pair(m, frames...).DInv
		for i, at := 0, 0; i < 5; i++ {
			for k := 0; k <= i; k, at = k+1, at+1 {
				if k < i {
					want += memoOf(&v).mean[i] * memoOf(&v).mean[k] * cross[at]
				}
			}
		}
		if got := s.Gain(&v, &moment); math.Abs(got-want) > single*(1+math.Abs(want))*10 {
			t.Fatalf("%d frames gain %v, expected %v", n, got, want)
		}
	}
}
