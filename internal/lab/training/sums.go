package training

import (
	"context"

	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// sums are the occupations and first-order sums of some frames, the latter in
// units of each Gaussian's standard deviation: everything the training of V
// and U needs to know of them.
type sums struct {
	speaker int
	n, f    []float32 // M and M×d
}

// collect returns the sums of all chunks of the corpus, about chunk seconds
// long, recording by recording.
func collect(ctx context.Context, c *Corpus, m *eigenvoice.Model, chunk float64, p Progress) ([]sums, error) {
	const framesPerSecond = 100
	per := make([][]sums, len(c.Recordings))
	accs := make([]*eigenvoice.Accumulator, workers())
	done := p.Start("statistics", len(c.Recordings))
	err := parallel(ctx, len(c.Recordings), func(w, i int) error {
		defer done(1)
		if accs[w] == nil {
			accs[w] = m.NewAccumulator()
		}
		r, d := c.Recordings[i], c.Dim
		total := len(r.Frames) / d
		parts := max(1, int(float64(total)/(chunk*framesPerSecond)+0.5))
		x := make([]float64, d)
		for k := range parts {
			accs[w].Reset()
			for t := k * total / parts; t < (k+1)*total/parts; t++ {
				for j, v := range r.Frames[t*d : (t+1)*d] {
					x[j] = float64(v)
				}
				accs[w].Add(x)
			}
			if accs[w].Frames() > 0 {
				per[i] = append(per[i], whitened(accs[w], m, r.Speaker))
			}
		}
		return nil
	})
	var all []sums
	for _, s := range per {
		all = append(all, s...)
	}
	return all, err
}

func whitened(a *eigenvoice.Accumulator, m *eigenvoice.Model, speaker int) sums {
	s := sums{speaker: speaker, n: make([]float32, m.Gaussians()), f: make([]float32, len(m.Means))}
	for k, n := range a.Counts() {
		s.n[k] = float32(n)
	}
	for i, f := range a.First() {
		s.f[i] = float32(f * precisionRoot(m.Vars[i]))
	}
	return s
}

// saturate counts the n_k frames of a Gaussian as n_k/(1 + σ²φ n_k), as
// [eigenvoice.Accumulator.StatsInto] does.
func (s *sums) saturate(tokenPhi float64) {
	dim := len(s.f) / len(s.n)
	for k, n := range s.n {
		w := float32(1 / (1 + tokenPhi*float64(n)))
		s.n[k] = w * n
		for r := k * dim; r < (k+1)*dim; r++ {
			s.f[r] *= w
		}
	}
}

// pool adds up the sums of each of n speakers.
func pool(all []sums, n int) []sums {
	out := make([]sums, n)
	for _, s := range all {
		o := &out[s.speaker]
		if o.n == nil {
			*o = sums{speaker: s.speaker, n: make([]float32, len(s.n)), f: make([]float32, len(s.f))}
		}
		for i, v := range s.n {
			o.n[i] += v
		}
		for i, v := range s.f {
			o.f[i] += v
		}
	}
	kept := out[:0]
	for _, o := range out {
		if o.n != nil {
			kept = append(kept, o)
		}
	}
	return kept
}
