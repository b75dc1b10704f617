package eigenvoice

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/online/model"
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
	parts  []part    // of the Gaussians in a frame
	shares []float64 // the same, of all Gaussians
	sums   sums
	ch     channel
}

// NewAccumulator returns an accumulator without frames. The model must be
// valid; see [Model.Validate].
func (m *Model) NewAccumulator() *Accumulator {
	t := m.prepare()
	size, d := m.Gaussians(), m.Dim()
	return &Accumulator{m: m, t: t,
		counts: make([]float64, size), first: make([]float64, size*d),
		square: make([]float64, 2*d), logs: make([]float64, size), parts: make([]part, 0, size), shares: make([]float64, size),
		sums: newSums(t, d, m.Nu, m.channels()), ch: newChannel(m.Nu, m.channels())}
}

// logMinShare is the log of the share of a frame, relative to the likeliest
// Gaussian's, under which a Gaussian gets nothing of it: 0.01.
const logMinShare = -2 * math.Ln10

// Add takes in one normalised frame, of length d.
func (a *Accumulator) Add(x []float64) {
	a.divide(x)
	a.frames++
	for _, g := range a.parts {
		share(a, g.k, g.share, x)
	}
}

// part is the share of a Gaussian in a frame.
type part struct {
	k     int
	share float64
}

// Shares returns how the model divides a normalised frame among its Gaussians,
// M values that sum to 1, and the log likelihood of the frame under the UBM
// (of its likeliest Gaussian where occupations are hard). The values are valid
// until the next call.
func (a *Accumulator) Shares(x []float64) (shares []float64, logLikelihood float64) {
	logLikelihood = a.divide(x)
	clear(a.shares)
	for _, g := range a.parts {
		a.shares[g.k] = g.share
	}
	return a.shares, logLikelihood
}

// divide sets the parts that Gaussians have in a frame and returns its log
// likelihood as Shares does.
func (a *Accumulator) divide(x []float64) (logLikelihood float64) {
	d := len(x)
	copy(a.square, x)
	floats.MulTo(a.square[d:], x, x)
	copy(a.logs, a.t.offset)
	gemv(a.t.score, a.square, a.logs)
	best, top := 0, a.logs[0]
	for k, l := range a.logs {
		if l > top {
			best, top = k, l
		}
	}
	if !a.m.Soft {
		a.parts = append(a.parts[:0], part{best, 1})
		return top
	}
	a.parts = a.parts[:0]
	floor := top + logMinShare
	var sum float64
	for k, l := range a.logs {
		if l >= floor {
			w := math.Exp(l - floor)
			a.parts = append(a.parts, part{k, w})
			sum += w
		}
	}
	for i := range a.parts {
		a.parts[i].share /= sum
	}
	return floor + math.Log(sum)
}

// share gives Gaussian k the share w of frame x.
func share[T float32 | float64](a *Accumulator, k int, w float64, x []T) {
	a.counts[k] += w
	mean, first := block(a.m.Means, k, len(x)), block(a.first, k, len(x))
	for i, v := range x {
		first[i] += w * (float64(v) - mean[i])
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

// leastCount is how many frames a Gaussian needs to be heard in a moment. Even of those
// that have a share in a whole utterance, two in five have less.
const leastCount = 0.1

// MomentInto makes dst the moment of the frames so far. It costs M·d·ν
// multiplications at most.
func (a *Accumulator) MomentInto(dst *model.Moment) {
	dst.Reset(a.m.Nu)
	for k, n := range a.counts {
		if n >= leastCount {
			a.sums.addMoment(dst, k, n, a.weight(n), block(a.first, k, a.m.Dim()))
		}
	}
}

// weight is what each of n frames of a Gaussian counts as.
func (a *Accumulator) weight(n float64) float64 { return a.m.Phi / (1 + a.m.OffsetVariance*a.m.Phi*n) }

// StatsInto writes the pair of the frames so far, those of one utterance, to
// dst, which must be for ν eigenvoices: <d, D⁻¹>, or <g, H⁻¹ − I> where the
// model has eigenchannels. The frames stay.
//
// The n_k frames of a Gaussian are mostly of one sound or two, and a sound that
// is off is off in all of its frames. With an offset o_k ~ N(0, σ² C_k) that
// they share integrated out, they count as
//
//	φ n_k / (1 + σ² φ n_k)
//
// frames: however long a vowel is held, it says no more than 1/σ² frames do.
//
// It costs at most M·(ν²/2 + d·ν) multiplications, with eigenchannels about
// four times as many for μ = ν.
func (a *Accumulator) StatsInto(dst *model.Stats) {
	dst.Reset()
	dst.N = float64(a.frames)
	a.sums.reset()
	for k, n := range a.counts {
		if n != 0 {
			a.sums.add(k, n, a.weight(n), block(a.first, k, a.m.Dim()))
		}
	}
	widen(dst.D, a.sums.d)
	widen(dst.DInv, a.sums.dInv)
	if a.ch.mu > 0 {
		a.ch.integrate(dst, &a.sums)
	}
}
