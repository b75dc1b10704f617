package training

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// relevance is how many frames the UBM's means weigh in MAP adaptation
// (Reynolds' usual 16), principalLimit how many means the components are taken
// of, and channelLimit how many utterances the eigenchannels are trained on.
const (
	relevance      = 16
	principalLimit = 900
	channelLimit   = 6000
)

// Report is what a run can say of itself.
type Report struct {
	// UBM is the mean log likelihood of a frame before each round of EM;
	// Voices and Channels are the mean evidence of a speaker or utterance.
	UBM, Voices, Channels []float64
}

// Train makes a model of the corpus. The scores' threshold and slope are left
// for calibration.
func Train(ctx context.Context, c *Corpus, cfg Config, p Progress) (*eigenvoice.Model, Report, error) {
	var rep Report
	if err := cfg.Validate(); err != nil {
		return nil, rep, err
	}
	ubm, trace, err := TrainUBM(ctx, c, cfg, p)
	if err != nil {
		return nil, rep, err
	}
	rep.UBM = trace
	m, more, err := TrainFactors(ctx, c, ubm, cfg, p)
	rep.Voices, rep.Channels = more.Voices, more.Channels
	return m, rep, err
}

// TrainFactors makes a model on a finished UBM.
func TrainFactors(ctx context.Context, c *Corpus, ubm *Mixture, cfg Config, p Progress) (*eigenvoice.Model, Report, error) {
	var rep Report
	view := ubm.view()
	view.Soft = cfg.Soft
	chunks, err := collect(ctx, c, view, cfg.Chunk, p)
	if err != nil {
		return nil, rep, err
	}
	for _, s := range chunks {
		s.saturate(cfg.TrainOffsetVariance * cfg.TrainPhi)
	}
	speakers := pool(chunks, c.Speakers)
	rng := rand.New(rand.NewPCG(cfg.Seed, 99))
	voices := newLoading(cfg.Gaussians, c.Dim, cfg.Eigenvoices)
	if err := voices.principal(rng, speakers, relevance, principalLimit); err != nil {
		return nil, rep, err
	}
	done := p.Start("eigenvoices", cfg.Iterations)
	for range cfg.Iterations {
		e, err := voices.em(ctx, speakers, cfg.TrainPhi)
		if err != nil {
			return nil, rep, err
		}
		rep.Voices = append(rep.Voices, e)
		done(1)
	}
	if err := voices.align(ubm.weights); err != nil {
		return nil, rep, err
	}
	m := &eigenvoice.Model{Features: cfg.Features, FeatureMean: c.Mean, Weights: ubm.weights, Means: ubm.means, Vars: ubm.vars,
		Nu: cfg.Eigenvoices, Mu: cfg.Eigenchannels, IgnoreChannels: !cfg.UseChannels, Phi: cfg.Phi, OffsetVariance: cfg.OffsetVariance, Soft: cfg.Soft, WithinSpeakerVariance: cfg.WithinSpeakerVariance, LengthExponent: cfg.LengthExponent, Slope: 1, V: voices.coloured(ubm.vars)}
	if cfg.Eigenchannels == 0 {
		return m, rep, nil
	}
	if err := voices.explain(ctx, chunks, speakers, cfg.TrainPhi); err != nil {
		return nil, rep, err
	}
	channels := newLoading(cfg.Gaussians, c.Dim, cfg.Eigenchannels)
	if err := channels.principal(rng, chunks, relevance, principalLimit); err != nil {
		return nil, rep, err
	}
	rng.Shuffle(len(chunks), func(a, b int) { chunks[a], chunks[b] = chunks[b], chunks[a] })
	chunks = chunks[:min(channelLimit, len(chunks))]
	done = p.Start("eigenchannels", cfg.Iterations)
	for range cfg.Iterations {
		e, err := channels.em(ctx, chunks, cfg.TrainPhi)
		if err != nil {
			return nil, rep, err
		}
		rep.Channels = append(rep.Channels, e)
		done(1)
	}
	m.U = channels.coloured(ubm.vars)
	return m, rep, nil
}

// explain takes what the speakers' factors explain out of their chunks' sums.
func (l *loading) explain(ctx context.Context, chunks, speakers []sums, phi float64) error {
	shift := map[int][]float64{}
	p := newPosterior(l.rank)
	for _, s := range speakers {
		p.of(l, s, phi, false)
		shift[s.speaker] = append([]float64(nil), p.mean...)
	}
	return parallel(ctx, len(chunks), func(_, i int) error {
		c, y := chunks[i], shift[chunks[i].speaker]
		for k, n := range c.n {
			if n == 0 {
				continue
			}
			for r := k * l.dim; r < (k+1)*l.dim; r++ {
				var v float64
				for j, w := range l.row(r) {
					v += w * y[j]
				}
				c.f[r] -= n * float32(v)
			}
		}
		return nil
	})
}

// coloured returns W in the units of the features.
func (l *loading) coloured(vars []float64) []float64 {
	out := make([]float64, len(l.w))
	for r, v := range vars {
		s := math.Sqrt(v)
		for j, w := range l.row(r) {
			out[r*l.rank+j] = w * s
		}
	}
	return out
}

// precisionRoot returns the reciprocal of a standard deviation.
func precisionRoot(variance float64) float64 { return 1 / math.Sqrt(variance) }
