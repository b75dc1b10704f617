package training

import (
	"context"
	"math"
	"sort"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// The UBM grows from one Gaussian by splitting the heaviest in two, with a few
// rounds of EM on a part of the frames after each doubling.
const (
	splitStep     = 0.2     // of a standard deviation, to both sides
	growRounds    = 3       // of EM after a doubling
	growFrames    = 150_000 // that a round looks at while growing, about
	fullFrames    = 500_000 // and at full size
	varianceFloor = 0.02    // of the variance of all frames
)

// Mixture is the UBM while it is trained.
type Mixture struct {
	features             features.Config
	weights, means, vars []float64
	global               []float64 // variance of all frames
}

// view returns the mixture as a model without factors.
func (u *Mixture) view() *eigenvoice.Model {
	return &eigenvoice.Model{Features: u.features, Weights: u.weights, Means: u.means, Vars: u.vars, Soft: true, Phi: 1}
}

// TrainUBM returns the mixture and the mean log likelihood of a frame before
// each round of EM at full size.
func TrainUBM(ctx context.Context, c *Corpus, cfg Config, p Progress) (*Mixture, []float64, error) {
	u := &Mixture{features: cfg.Features, weights: []float64{1}, means: make([]float64, c.Dim), vars: make([]float64, c.Dim)}
	floats.AddConst(1, u.vars)
	u.global = append([]float64(nil), u.vars...)
	if _, err := u.round(ctx, c, c.stride(fullFrames)); err != nil { // the variance of everything
		return nil, nil, err
	}
	u.global = append([]float64(nil), u.vars...)
	var rounds int
	for n := 1; n < cfg.Gaussians; n *= 2 {
		rounds += growRounds
	}
	done := p.Start("UBM", rounds+cfg.UBMIterations)
	for len(u.weights) < cfg.Gaussians {
		u.split(min(2*len(u.weights), cfg.Gaussians))
		for range growRounds {
			if _, err := u.round(ctx, c, c.stride(growFrames)); err != nil {
				return nil, nil, err
			}
			done(1)
		}
	}
	var trace []float64
	for range cfg.UBMIterations {
		l, err := u.round(ctx, c, c.stride(fullFrames))
		if err != nil {
			return nil, nil, err
		}
		trace = append(trace, l)
		done(1)
	}
	return u, trace, nil
}

// stride returns how many frames to go on at a time to look at about n.
func (c *Corpus) stride(n int) int {
	total := 0
	for _, r := range c.Recordings {
		total += len(r.Frames) / c.Dim
	}
	return max(1, total/n)
}

// split divides the heaviest Gaussians until there are n.
func (u *Mixture) split(n int) {
	d := len(u.global)
	order := make([]int, len(u.weights))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return u.weights[order[a]] > u.weights[order[b]] })
	for _, k := range order[:n-len(u.weights)] {
		u.weights[k] /= 2
		u.weights = append(u.weights, u.weights[k])
		for i := k * d; i < (k+1)*d; i++ {
			step := splitStep * math.Sqrt(u.vars[i])
			u.means = append(u.means, u.means[i]+step)
			u.means[i] -= step
		}
		u.vars = append(u.vars, u.vars[k*d:(k+1)*d]...)
	}
}

// moments are a shard's sums for a round of EM.
type moments struct {
	logLikelihood, frames float64
	n, first, second      []float64
}

// round runs EM once over every stride-th frame and returns the mean log
// likelihood of a frame before it.
func (u *Mixture) round(ctx context.Context, c *Corpus, stride int) (float64, error) {
	d, size := c.Dim, len(u.weights)
	parts := make([]moments, shards)
	view := u.view()
	err := parallel(ctx, shards, func(_, s int) error {
		m := moments{n: make([]float64, size), first: make([]float64, size*d), second: make([]float64, size*d)}
		acc, x := view.NewAccumulator(), make([]float64, d)
		from, to := shard(s, len(c.Recordings))
		for _, r := range c.Recordings[from:to] {
			for at := 0; at < len(r.Frames); at += d * stride {
				for i, v := range r.Frames[at : at+d] {
					x[i] = float64(v)
				}
				shares, l := acc.Shares(x)
				m.logLikelihood += l
				m.frames++
				for k, w := range shares {
					if w == 0 {
						continue
					}
					m.n[k] += w
					first, second := m.first[k*d:(k+1)*d], m.second[k*d:(k+1)*d]
					for i, v := range x {
						first[i] += w * v
						second[i] += w * v * v
					}
				}
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
		parts[s] = m
		return nil
	})
	if err != nil {
		return 0, err
	}
	sum := parts[0]
	for _, m := range parts[1:] {
		sum.logLikelihood += m.logLikelihood
		sum.frames += m.frames
		floats.Add(sum.n, m.n)
		floats.Add(sum.first, m.first)
		floats.Add(sum.second, m.second)
	}
	u.update(sum)
	return sum.logLikelihood / sum.frames, nil
}

// update is the M step. A Gaussian with next to no frames stays as it is.
func (u *Mixture) update(m moments) {
	d := len(u.global)
	for k, n := range m.n {
		u.weights[k] = (n + 1) / (m.frames + float64(len(m.n)))
		if n < 2 {
			continue
		}
		for i := range d {
			j := k*d + i
			mean := m.first[j] / n
			u.means[j] = mean
			u.vars[j] = max(m.second[j]/n-mean*mean, varianceFloor*u.global[i])
		}
	}
}
