package experiment

import (
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// Frame returns frame t as extracted, in float64, in dst.
func (r *Recording) Frame(dst []float64, t int) []float64 {
	for i, v := range r.Frames[t*r.Dim : (t+1)*r.Dim] {
		dst[i] = float64(v)
	}
	return dst
}

// Normalised returns a function that writes frame t less the mean to dst. With
// running, that is the mean of the speech up to t, as in a stream, and the
// frames of the utterances have to be asked for in their order; otherwise it is
// the mean of all speech of the recording.
func (r *Recording) Normalised(m *model.Model, running bool) func(dst []float64, t int) {
	norm := segment.NewNormalizer(m.FeatureMean, m.Features.MeanPrior)
	x := make([]float64, r.Dim)
	heard := 0 // frames before this one are in the mean, or are no speech
	hear := func(t int) {
		if t >= heard {
			norm.Update(r.Frame(x, t))
			heard = t + 1
		}
	}
	if !running {
		for _, u := range r.Utterances {
			for t := u.From; t < u.To; t++ {
				hear(t)
			}
		}
	}
	return func(dst []float64, t int) {
		if running {
			hear(t)
		}
		norm.Apply(dst, r.Frame(dst, t))
	}
}
