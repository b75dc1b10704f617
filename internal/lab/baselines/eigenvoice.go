package baselines

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// Point is what EV keeps of a cluster: the pair <d, D⁻¹> and where it places the
// speaker.
type Point struct {
	stats model.Stats
	y     []float64 // ν
	known bool      // y is that of stats
}

// Add adds o's frames.
func (p *Point) Add(o *Point) {
	p.stats.Add(o.stats)
	p.known = false
}

// Sub takes o's frames out.
func (p *Point) Sub(o *Point) {
	p.stats.Sub(o.stats)
	p.known = false
}

// Clone returns a copy.
func (p *Point) Clone() *Point {
	return &Point{stats: p.stats.Clone(), y: make([]float64, len(p.y))}
}

// Eigenvoices compares by the distance between eigenvoice coordinates, the most
// probable y of each side, y = J d with J⁻¹ = I + D⁻¹. How sure a side is of
// its coordinates, which is what the closed form adds, has no part in it.
type Eigenvoices struct {
	// Cosine compares directions only.
	Cosine bool

	nu   int
	acc  *eigenvoice.Accumulator
	j    *mat.SymDense
	chol mat.Cholesky
	diff []float64
}

// NewEigenvoices returns a comparison by m's eigenvoices.
func NewEigenvoices(m *eigenvoice.Model, cosine bool) *Eigenvoices {
	m = m.Copy()
	m.IgnoreChannels = true
	return &Eigenvoices{Cosine: cosine, nu: m.Nu, acc: m.NewAccumulator(), j: mat.NewSymDense(m.Nu, nil), diff: make([]float64, m.Nu)}
}

// Utterance turns the sums into a pair.
func (e *Eigenvoices) Utterance(u Utterance) *Point {
	p := &Point{stats: model.Shape{Nu: e.nu}.NewStats(), y: make([]float64, e.nu)}
	u.pairInto(e.acc, &p.stats)
	return p
}

// Score returns the Euclidean distance with a negative sign, or the cosine of
// the angle.
func (e *Eigenvoices) Score(a, b *Point) float64 {
	e.place(a)
	e.place(b)
	if e.Cosine {
		norm := floats.Norm(a.y, 2) * floats.Norm(b.y, 2)
		if norm == 0 {
			return 0
		}
		return floats.Dot(a.y, b.y) / norm
	}
	floats.SubTo(e.diff, a.y, b.y)
	return -floats.Norm(e.diff, 2)
}

func (e *Eigenvoices) place(p *Point) {
	if p.known {
		return
	}
	p.known = true
	for i, at := 0, 0; i < e.nu; i++ {
		for j := 0; j <= i; j, at = j+1, at+1 {
			v := p.stats.DInv[at]
			if i == j {
				v++
			}
			e.j.SetSym(i, j, v)
		}
	}
	y := mat.NewVecDense(e.nu, p.y)
	// J⁻¹ ≥ I, so that it can be factorised unless the pair is no pair; such a
	// cluster is nowhere.
	if !e.chol.Factorize(e.j) || e.chol.SolveVecTo(y, mat.NewVecDense(e.nu, p.stats.D)) != nil {
		for i := range p.y {
			p.y[i] = math.NaN()
		}
	}
}
