package eigenvoice

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// TestKept keeps pairs: they come back within 24 bits, and a sum from which one
// is taken out again is what it was, to the bit.
func TestKept(t *testing.T) {
	rng := testRand(80)
	m := randomModel(rng, 4, 3, 5, 0)
	a, b := pair(m, someFrames(m, rng, 30)...), pair(m, someFrames(m, rng, 70)...)
	if got := len(a.Keep().Pair); got != m.Shape().KeptLen() {
		t.Errorf("%d numbers kept, expected %d", got, m.Shape().KeptLen())
	}
	back := a.Keep().Stats(m.Shape())
	if back.N != 30 || !floats.EqualApprox(back.D, a.D, single) || !floats.EqualApprox(back.DInv, a.DInv, single) {
		t.Errorf("kept %v, got %v", a, back)
	}
	sum := back.Clone()
	sum.AddKept(b.Keep())
	if want := back.DInv[3] + float64(float32(b.DInv[3])); sum.N != 100 || sum.DInv[3] != want {
		t.Errorf("sum of %v frames with %v, expected 100 with %v", sum.N, sum.DInv[3], want)
	}
	sum.Sub(b.Keep().Stats(m.Shape()))
	if sum.N != 30 || !floats.Equal(sum.D, back.D) || !floats.Equal(sum.DInv, back.DInv) {
		t.Errorf("%v before and %v after", back, sum)
	}
}

// TestBoundOfDiagonalPairs has pairs whose outlines are all there is of them:
// what Bound scales and shifts is then the score itself, the variance within a speaker included.
func TestBoundOfDiagonalPairs(t *testing.T) {
	rng := testRand(81)
	m := randomModel(rng, 4, 3, 6, 0)
	m.WithinSpeakerVariance, m.LengthExponent = 0.05, 0.6
	s := m.NewScorer()
	voice := func(n float64) *model.Voice {
		v := model.Shape{Nu: 6}.NewVoice()
		v.Stats.N = n
		for i := range v.Stats.D {
			v.Stats.D[i] = 10 * rng.NormFloat64()
			v.Stats.DInv[i*(i+3)/2] = 40 * rng.Float64()
		}
		s.Update(&v)
		s.Outline(&v)
		return &v
	}
	for range 50 {
		a, b := voice(100), voice(300)
		got, want := (s.Bound(a, b)-boundMargin)/boundScale, s.Score(a, b)
		if math.Abs(got-want) > 1e-9*(1+math.Abs(want)) {
			t.Fatalf("the outlines score %v, the pairs %v", got, want)
		}
		if s.Bound(a, b) != s.Bound(b, a) {
			t.Fatalf("%v one way and %v the other", s.Bound(a, b), s.Bound(b, a))
		}
	}
}
