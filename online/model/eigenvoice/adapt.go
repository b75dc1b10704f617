package eigenvoice

import (
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// posterior is the distribution N(ŷ, J) of the factors y of a voice.
type posterior struct {
	mean   []float64 // ŷ
	square []float64 // E[y yᵀ] = ŷ ŷᵀ + J as D⁻¹ is kept, what is off the diagonal doubled
}

// Adapt implements [model.Scorer]. With <d, D⁻¹> the pair under the variance within a
// speaker, J = (I + D⁻¹/f)⁻¹ and ŷ = J d / f.
func (s *Scorer) Adapt(v *model.Voice, f float64) {
	p, n := &memoOf(v).posterior, s.m.Nu
	if p.mean == nil {
		p.mean, p.square = make([]float64, n), make([]float64, s.m.Shape().KeptLen()-n)
		s.adapted = s.m.Shape().NewStats()
	}
	s.k.Into(&s.adapted, v.Stats)
	floats.Scale(1/f, s.adapted.D)
	floats.Scale(1/f, s.adapted.DInv)
	s.c.Evidence(s.adapted) // leaves L of J⁻¹
	s.c.mean(p.mean)
	lapack64.Potri(s.c.l) // L becomes J
	for i, at := 0, 0; i < n; i, at = i+1, at+i+1 {
		row := p.square[at : at+i+1]
		floats.AddScaledTo(row, s.c.row(i), p.mean[i], p.mean[:i+1])
		floats.Scale(2, row[:i])
	}
}

// Expect implements [model.Scorer]: dᵀ ŷ − ½ tr(D⁻¹ E[y yᵀ]).
func (s *Scorer) Expect(v *model.Voice, u model.Stats) float64 {
	p := &memoOf(v).posterior
	return floats.Dot(u.D, p.mean) - floats.Dot(u.DInv, p.square)/2
}
