package model

import "gonum.org/v1/gonum/floats"

// Posterior is what is known of a speaker's y after hearing the sound behind a
// pair: N(α, J) with
//
//	J⁻¹ = I + D⁻¹,  α = J d,
//
// held in the form in which moments are scored against it. It is the speaker
// factor of variational Bayes diarization (Kenny, "Bayesian analysis of speaker
// diarization with eigenvoice priors", 2008). The buffers are reused by Set; a
// Posterior is not safe for concurrent use.
type Posterior struct {
	m     *Model
	t     *tables
	alpha []float64 // α
	q     []float64 // q_k = tr(V_kᵀ C_k⁻¹ V_k (J + α αᵀ)), of length M
	chl   []float64 // L of J⁻¹ = L Lᵀ, packed; then L⁻¹
	mom   []float64 // J + α αᵀ, packed, off-diagonals doubled
}

// NewPosterior returns the posterior of no sound, which is the prior N(0, I),
// once Set has been called with such a pair. The model must be valid.
func (m *Model) NewPosterior() *Posterior {
	n := packedLen(m.Nu)
	return &Posterior{m: m, t: m.prepare(), alpha: make([]float64, m.Nu),
		q: make([]float64, m.Gaussians()), chl: make([]float64, n), mom: make([]float64, n)}
}

// Set makes p the posterior of s. It costs about M·ν²/2 + ν³ multiplications.
func (p *Posterior) Set(s Stats) {
	copy(p.chl, s.DInv)
	copy(p.alpha, s.D)
	nu := p.m.Nu
	factorize(p.chl, p.alpha)
	// The covariance J itself is needed, for the trace, and not only its
	// product with a vector: it is L⁻ᵀ L⁻¹, of triangular factors.
	invertLower(p.chl, nu)
	clear(p.mom)
	for i, row := 0, 0; i < nu; i, row = i+1, row+i+1 {
		// Row i of L⁻¹ adds its outer product to J.
		li := p.chl[row : row+i+1]
		for r, at := 0, 0; r <= i; r, at = r+1, at+r+1 {
			floats.AddScaled(p.mom[at:at+r+1], li[r], li[:r+1])
		}
	}
	// α = L⁻ᵀ w, w being what factorize left in p.alpha.
	backMultiply(p.chl, p.alpha)
	for i, row := 0, 0; i < nu; i, row = i+1, row+i+1 {
		mi := p.mom[row : row+i+1]
		floats.AddScaled(mi, p.alpha[i], p.alpha[:i+1])
		floats.Scale(2, mi[:i])
	}
	for k := range p.q {
		p.q[k] = floats.Dot(block(p.t.vv, k, len(p.mom)), p.mom)
	}
}

// LogLikelihood returns the expectation over y of log p(X | y), for the sound X
// behind m, less what does not depend on the speaker:
//
//	dᵀ α − ½ Σ_k φ n_k q_k.
func (p *Posterior) LogLikelihood(m Moments) float64 {
	var sum float64
	for i, k := range m.K {
		sum += float64(m.N[i]) * p.q[k]
	}
	return floats.Dot(m.D, p.alpha) - p.m.Phi*sum/2
}

// invertLower inverts a packed lower triangle of n rows in place, by columns of
// the identity.
func invertLower(l []float64, n int) {
	for i, row := 0, 0; i < n; i, row = i+1, row+i+1 {
		li := l[row : row+i+1]
		inv := 1 / li[i]
		for j := range i {
			// Rows before i hold L⁻¹ already.
			var sum float64
			for k, at := j, j*(j+1)/2+j; k < i; k, at = k+1, at+k+1 {
				sum += li[k] * l[at]
			}
			// li[j] is still needed by the smaller j only, which come first.
			li[j] = -inv * sum
		}
		li[i] = inv
	}
}

// backMultiply replaces w by L⁻ᵀ w for the packed L⁻¹.
func backMultiply(inv, w []float64) {
	for i, row := 0, 0; i < len(w); i, row = i+1, row+i+1 {
		wi := w[i]
		w[i] = 0
		floats.AddScaled(w[:i+1], wi, inv[row:row+i+1])
	}
}
