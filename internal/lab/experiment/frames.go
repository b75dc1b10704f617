package experiment

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/lab/baselines"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
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
func (r *Recording) Normalised(m *eigenvoice.Model, running bool) func(dst []float64, t int) {
	norm := features.NewNormalizer(m.FeatureMean, m.Features.MeanPrior)
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

// Aligned returns what methods of comparing may know of the utterances, with frames
// normalised by the speech so far or by all of it.
func (r *Recording) Aligned(m *eigenvoice.Model, running bool) []baselines.Utterance {
	normalised, acc := r.Normalised(m, running), m.NewAccumulator()
	out := make([]baselines.Utterance, len(r.Utterances))
	for i, u := range r.Utterances {
		frames := make([]float64, (u.To-u.From)*r.Dim)
		for t := u.From; t < u.To; t++ {
			r.Frame(frames[(t-u.From)*r.Dim:], t)
		}
		t := u.From
		out[i] = baselines.NewUtterance(acc, r.Dim, frames, func(dst, _ []float64) {
			normalised(dst, t)
			t++
		})
	}
	return out
}

// Pairs returns the pairs of the utterances as a stream of m would have them when
// they end.
func (r *Recording) Pairs(m model.Model) []model.Stats {
	ear := m.NewListener()
	out := make([]model.Stats, len(r.Utterances))
	frames := make([]float64, segment.ChunkFrames*r.Dim)
	for i, u := range r.Utterances {
		var sounds []*model.Sound
		for t := u.From; t < u.To; t += segment.ChunkFrames {
			n := min(segment.ChunkFrames, u.To-t)
			for k := range n {
				r.Frame(frames[k*r.Dim:(k+1)*r.Dim], t+k)
			}
			s := ear.Hear(frames[:n*r.Dim], int64(t))
			sounds = append(sounds, &s)
		}
		out[i] = m.Shape().NewStats()
		ear.Pair(&out[i], slices.Values(sounds))
	}
	return out
}
