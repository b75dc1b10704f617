package model

// Posterior is what a pair says of the factors y of the voice behind it, by the diagonal
// of D⁻¹: independent normals of mean ŷ and variance J. The zero value is ready for Set.
type Posterior struct {
	mean   []float64 // ŷ
	square []float64 // ŷ² + J, the mean of y²
}

// Set makes p the posterior given s, a pair of the given shape, under a rule whose
// Regularisation is f:
//
//	k = 1 / (1 + ε D⁻¹)   J = 1 / (1 + k D⁻¹ / f)   ŷ = J k d / f
func (p *Posterior) Set(shape Shape, s Stats, r Rule, f float64) {
	if len(p.mean) != shape.Nu {
		p.mean, p.square = make([]float64, shape.Nu), make([]float64, shape.Nu)
	}
	for i := range p.mean {
		precision := s.DInv[shape.diagonal(i)]
		k := 1 / (f * (1 + r.WithinSpeakerVariance*precision))
		j := 1 / (1 + k*precision)
		p.mean[i] = j * k * s.D[i]
		p.square[i] = p.mean[i]*p.mean[i] + j
	}
}

// Expect returns by how much the sound of the pair s is expected to be likelier from the
// voice than from the average of all voices, in nats:
//
//	E[log p(X | y) − log p(X | 0)] = Σ_i (d_i ŷ_i − ½ D⁻¹_ii (ŷ_i² + J_ii))
func (p *Posterior) Expect(shape Shape, s Stats) float64 {
	sum := 0.0
	for i, mean := range p.mean {
		sum += s.D[i]*mean - s.DInv[shape.diagonal(i)]*p.square[i]/2
	}
	return sum
}
