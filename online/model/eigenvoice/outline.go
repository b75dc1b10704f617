package eigenvoice

import (
	"math"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// outline is a pair with D⁻¹ reduced to its diagonal, as if the eigenvoices
// were heard one by one, and with the variance within a speaker, which then is a factor for each. In
// the model's principal directions, in which D⁻¹ is diagonal on average, that is
// most of what a pair says.
type outline struct {
	d, j     []float64 // d and the diagonal of J⁻¹ = I + D⁻¹
	evidence float64
}

// set makes o the outline of s under the variance ε within a speaker.
func (o *outline) set(s model.Stats, eps float64) {
	if o.j == nil {
		o.d, o.j = make([]float64, len(s.D)), make([]float64, len(s.D))
	}
	sum, pivots := 0.0, newProduct()
	for i, d := range s.D {
		p := s.DInv[i*(i+3)/2]
		d, p = d/(1+eps*p), p/(1+eps*p)
		o.d[i], o.j[i] = d, 1+p
		sum += d * d / (1 + p)
		pivots.times(1 + p)
	}
	o.evidence = (sum - pivots.log()) / 2
}

// logP is [Comparer.LogP] of two outlines.
func (o *outline) logP(b *outline) float64 {
	sum, pivots := 0.0, newProduct()
	p, e, q := o.j[:len(o.d)], b.d[:len(o.d)], b.j[:len(o.d)]
	for i, d := range o.d {
		d += e[i]
		j := p[i] + q[i] - 1
		sum += d * d / j
		pivots.times(j)
	}
	return (sum-pivots.log())/2 - (o.evidence + b.evidence)
}

// product is a product of pivots whose logarithm is wanted: taken once for many
// of them.
type product struct{ logs, rest float64 }

func newProduct() product { return product{rest: 1} }

func (p *product) times(x float64) {
	if p.rest *= x; p.rest > manyPivots {
		p.logs, p.rest = p.logs+math.Log(p.rest), 1
	}
}

func (p *product) log() float64 { return p.logs + math.Log(p.rest) }

// manyPivots is the product at which a logarithm is taken, far from overflow.
const manyPivots = 1e150
