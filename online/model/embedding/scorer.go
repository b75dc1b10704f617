package embedding

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// scorer compares voices by the closed form on a diagonal,
//
//	E = ½ Σ d_i² / (1 + D⁻¹_ii) − ½ Σ log(1 + D⁻¹_ii)
//	log P(H1) + log W = E(a ⊕ b) − E(a) − E(b),
//
// normalised for length.
type scorer struct {
	rule   model.Rule
	within float64 // WithinSpeakerVariance
}

// NewScorer implements [model.Model].
func (m *Model) NewScorer() model.Scorer { return scorer{m.Rule(), m.WithinSpeakerVariance} }

// memo is what a scorer derives from a voice.
type memo struct {
	evidence float64
	mean     []float64 // ŷ = J d, once the voice is frozen or adapted
	square   []float64 // ŷ² + J, the mean of y², once the voice is adapted
}

func memoOf(v *model.Voice) *memo {
	if v.Memo == nil {
		v.Memo = new(memo)
	}
	return v.Memo.(*memo)
}

// evidenceOf returns E of the pair <d + e, p + q>; e and q may be nil.
func (s scorer) evidenceOf(d, e, p, q []float64) float64 {
	sum, pivots := 0.0, 1.0
	logs := 0.0
	p = p[:len(d)]
	for i, d := range d {
		k := 1 / (1 + s.within*p[i])
		d *= k
		j := 1 + k*p[i]
		if e != nil {
			k = 1 / (1 + s.within*q[i])
			d, j = d+k*e[i], j+k*q[i]
		}
		if j < leastPivot {
			j = leastPivot // a pair from which too much was subtracted
		}
		sum += d * d / j
		if pivots *= j; pivots > manyPivots {
			logs, pivots = logs+math.Log(pivots), 1
		}
	}
	return (sum - logs - math.Log(pivots)) / 2
}

const (
	// leastPivot keeps what rounding has left of 1 + D⁻¹ away from 0.
	leastPivot = 1e-3
	// manyPivots is the product at which a logarithm is taken, far from overflow.
	manyPivots = 1e150
)

// Update implements [model.Scorer].
func (s scorer) Update(v *model.Voice) {
	memoOf(v).evidence = s.evidenceOf(v.Stats.D, nil, v.Stats.DInv, nil)
}

// Outline implements [model.Scorer].
func (s scorer) Outline(v *model.Voice) { s.Update(v) }

// Freeze implements [model.Scorer].
func (s scorer) Freeze(v *model.Voice) {
	s.Update(v)
	m := memoOf(v)
	if m.mean == nil {
		m.mean = make([]float64, len(v.Stats.D))
	}
	for i, d := range v.Stats.D {
		k := 1 / (1 + s.within*v.Stats.DInv[i])
		m.mean[i] = k * d / max(1+k*v.Stats.DInv[i], leastPivot)
	}
}

// Score implements [model.Scorer].
func (s scorer) Score(a, b *model.Voice) float64 {
	ea, eb := s.evidence(a), s.evidence(b)
	if ea < eb { // differences of three numbers round by their order
		a, ea, b, eb = b, eb, a, ea
	}
	sum := s.evidenceOf(a.Stats.D, b.Stats.D, a.Stats.DInv, b.Stats.DInv)
	return s.rule.Normalise(sum-(ea+eb), a.Stats.N, b.Stats.N)
}

// evidence returns E of v, which is updated where it never was.
func (s scorer) evidence(v *model.Voice) float64 {
	if v.Memo == nil {
		s.Update(v)
	}
	return memoOf(v).evidence
}

// Bound implements [model.Scorer]: a comparison costs no more than a bound would.
func (s scorer) Bound(a, b *model.Voice) float64 { return s.Score(a, b) }

// Gain implements [model.Scorer].
func (s scorer) Gain(v *model.Voice, m *model.Moment) float64 { return m.Gain(memoOf(v).mean) }

// Adapt implements [model.Scorer]. With k = 1 / (f (1 + ε D⁻¹)), J = 1 / (1 + k D⁻¹) and
// ŷ = J k d.
func (s scorer) Adapt(v *model.Voice, f float64) {
	m, nu := memoOf(v), len(v.Stats.D)
	if m.square == nil {
		m.mean, m.square = make([]float64, nu), make([]float64, nu)
	}
	for i, d := range v.Stats.D {
		k := 1 / (f * (1 + s.within*v.Stats.DInv[i]))
		j := 1 / max(1+k*v.Stats.DInv[i], leastPivot)
		m.mean[i] = j * k * d
		m.square[i] = m.mean[i]*m.mean[i] + j
	}
}

// Expect implements [model.Scorer]: Σ_i d_i ŷ_i − ½ D⁻¹_ii (ŷ_i² + J_ii).
func (s scorer) Expect(v *model.Voice, u model.Stats) float64 {
	m := memoOf(v)
	return floats.Dot(u.D, m.mean) - floats.Dot(u.DInv, m.square)/2
}
