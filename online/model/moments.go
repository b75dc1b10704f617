package model

import "gonum.org/v1/gonum/floats"

// Moments is what a short stretch of sound leaves behind: enough to be summed
// into the pair of any utterance that contains it, in a fraction of the space.
// With eigenchannels the pair of an utterance is not the sum of its parts'
// pairs, as its channel factor is shared; its moments always are.
type Moments struct {
	// Frames is the number of frames.
	Frames int
	// K and N are the Gaussians with a share of the frames and their n_k.
	K []uint16
	N []float32
	// D is d, of length ν, and E is e, of length μ, both scaled by φ.
	D, E []float64
}

// Moments returns the moments of the frames so far. The frames stay.
func (a *Accumulator) Moments() Moments {
	used := 0
	for _, n := range a.counts {
		if n != 0 {
			used++
		}
	}
	nu, mu := a.m.Nu, a.m.Mu
	de := make([]float64, nu+mu)
	m := Moments{Frames: a.frames, K: make([]uint16, 0, used), N: make([]float32, 0, used), D: de[:nu:nu], E: de[nu:]}
	for k, n := range a.counts {
		if n == 0 {
			continue
		}
		m.K = append(m.K, uint16(k))
		m.N = append(m.N, float32(n))
		a.project(k, m.D, m.E)
	}
	return m
}

// project adds Gaussian k's part to d and e.
func (a *Accumulator) project(k int, d, e []float64) {
	dim, nu, mu := a.m.Dim(), a.m.Nu, a.m.Mu
	for i := k * dim; i < (k+1)*dim; i++ {
		x := a.m.Phi * a.first[i]
		floats.AddScaled(d, x, block(a.t.cv, i, nu))
		if mu > 0 {
			floats.AddScaled(e, x, block(a.t.cu, i, mu))
		}
	}
}

// Pool sums moments and turns the sum into a pair. It owns its working memory
// and is not safe for concurrent use.
type Pool struct {
	m      *Model
	t      *tables
	frames float64
	counts []float64
	d, e   []float64
	ch     channel
}

// NewPool returns an empty pool. The model must be valid.
func (m *Model) NewPool() *Pool {
	return &Pool{m: m, t: m.prepare(), counts: make([]float64, m.Gaussians()),
		d: make([]float64, m.Nu), e: make([]float64, m.Mu), ch: newChannel(m.Nu, m.Mu)}
}

// Reset empties the pool.
func (p *Pool) Reset() {
	p.frames = 0
	clear(p.counts)
	clear(p.d)
	clear(p.e)
}

// Add adds m, which must be of the pool's model.
func (p *Pool) Add(m Moments) {
	p.frames += float64(m.Frames)
	for i, k := range m.K {
		p.counts[k] += float64(m.N[i])
	}
	floats.Add(p.d, m.D)
	if len(p.e) > 0 {
		floats.Add(p.e, m.E)
	}
}

// AddScaled adds w times m, for soft assignments.
func (p *Pool) AddScaled(w float64, m Moments) {
	p.frames += w * float64(m.Frames)
	for i, k := range m.K {
		p.counts[k] += w * float64(m.N[i])
	}
	floats.AddScaled(p.d, w, m.D)
	if len(p.e) > 0 {
		floats.AddScaled(p.e, w, m.E)
	}
}

// Frames returns the number of frames in the pool.
func (p *Pool) Frames() float64 { return p.frames }

// StatsInto writes the pair of the pool to dst, as [Accumulator.StatsInto]
// does. The pool stays.
func (p *Pool) StatsInto(dst *Stats) {
	p.VoiceStatsInto(dst)
	if p.m.Mu > 0 {
		p.ch.integrate(dst)
	}
}

// VoiceStatsInto writes <d, D⁻¹> to dst, eigenchannels or not: a model of the
// speaker alone, for sound that all came through one channel. The pool stays.
func (p *Pool) VoiceStatsInto(dst *Stats) {
	dst.Reset()
	dst.N = p.frames
	copy(dst.D, p.d)
	p.ch.reset()
	copy(p.ch.e, p.e)
	p.ch.precisions(p.m, p.t, p.counts, dst)
}
