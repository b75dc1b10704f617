package model

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// Accumulator collects the frames of an utterance and turns them into its
// pair. A frame costs the UBM's M log densities and d additions for each
// Gaussian that gets a share; everything else waits for StatsInto. It owns its
// working memory, so that nothing allocates, and is not safe for concurrent use.
type Accumulator struct {
	m      *Model
	t      *tables
	frames int
	counts []float64 // n_k
	first  []float64 // Σ γ (x − m_k), M×d
	square []float64 // [x, x²]
	logs   []float64 // log densities
	ch     channel
}

// NewAccumulator returns an accumulator without frames. The model must be
// valid; see [Model.Validate].
func (m *Model) NewAccumulator() *Accumulator {
	t := m.prepare()
	size, d := m.Gaussians(), m.Dim()
	return &Accumulator{m: m, t: t,
		counts: make([]float64, size), first: make([]float64, size*d),
		square: make([]float64, 2*d), logs: make([]float64, size),
		ch: newChannel(m.Nu, m.channels())}
}

// minShare is the share of a frame, relative to the likeliest Gaussian's,
// under which a Gaussian gets nothing of it.
const minShare = 0.01

// Add takes in one normalised frame, of length d.
func (a *Accumulator) Add(x []float64) {
	shares, _ := a.Shares(x)
	a.frames++
	for k, w := range shares {
		if w > 0 {
			a.share(k, w, x)
		}
	}
}

// Shares returns how the model divides a normalised frame among its Gaussians,
// M values that sum to 1, and the log likelihood of the frame under the UBM
// (of its likeliest Gaussian where occupations are hard). The values are valid
// until the next call.
func (a *Accumulator) Shares(x []float64) (shares []float64, logLikelihood float64) {
	d := len(x)
	copy(a.square, x)
	floats.MulTo(a.square[d:], x, x)
	copy(a.logs, a.t.offset)
	gemv(a.t.score, a.square, a.logs)
	best := floats.MaxIdx(a.logs)
	top := a.logs[best]
	if !a.m.Soft {
		clear(a.logs)
		a.logs[best] = 1
		return a.logs, top
	}
	floor := top + math.Log(minShare)
	var sum float64
	for k, l := range a.logs {
		if l >= floor {
			a.logs[k] = math.Exp(l - floor)
			sum += a.logs[k]
		} else {
			a.logs[k] = 0
		}
	}
	floats.Scale(1/sum, a.logs)
	return a.logs, floor + math.Log(sum)
}

// share gives Gaussian k the share w of frame x.
func (a *Accumulator) share(k int, w float64, x []float64) {
	a.counts[k] += w
	mean, first := block(a.m.Means, k, len(x)), block(a.first, k, len(x))
	for i, v := range x {
		first[i] += w * (v - mean[i])
	}
}

// AddSums takes in frames of which only the sums are known, as Counts and First
// return them.
func (a *Accumulator) AddSums(frames int, counts, first []float64) {
	a.frames += frames
	floats.Add(a.counts, counts)
	floats.Add(a.first, first)
}

// Frames returns the number of frames since the last Reset.
func (a *Accumulator) Frames() int { return a.frames }

// Counts returns n_k, of length M, not scaled by φ: valid until the next call,
// not to be changed.
func (a *Accumulator) Counts() []float64 { return a.counts }

// First returns Σ γ (x − m_k) of every Gaussian, M×d by rows, not scaled by φ:
// valid until the next call, not to be changed.
func (a *Accumulator) First() []float64 { return a.first }

// Reset forgets every frame.
func (a *Accumulator) Reset() {
	a.frames = 0
	clear(a.counts)
	clear(a.first)
}

// StatsInto writes the pair of the frames so far to dst, which must be for ν
// eigenvoices: <d, D⁻¹>, or <g, H⁻¹ − I> where the model has eigenchannels.
// It costs at most M·(ν²/2 + d·ν) multiplications, with eigenchannels about
// four times as many for μ = ν. The frames stay.
func (a *Accumulator) StatsInto(dst *Stats) {
	dst.Reset()
	dst.N = float64(a.frames)
	a.ch.reset()
	for k, n := range a.counts {
		if n != 0 {
			a.project(k, dst.D)
		}
	}
	a.ch.precisions(a.m, a.t, a.counts, dst)
	if a.ch.mu > 0 {
		a.ch.integrate(dst)
	}
}

// project adds Gaussian k's part to d, and to the e of the channel.
func (a *Accumulator) project(k int, d []float64) {
	dim, nu, mu := a.m.Dim(), a.m.Nu, a.ch.mu
	first := block(a.first, k, dim)
	gemvT(a.m.Phi, blas64.General{Rows: dim, Cols: nu, Stride: nu, Data: block(a.t.cv, k, dim*nu)}, first, d)
	if mu > 0 {
		gemvT(a.m.Phi, blas64.General{Rows: dim, Cols: mu, Stride: mu, Data: block(a.t.cu, k, dim*mu)}, first, a.ch.e)
	}
}
