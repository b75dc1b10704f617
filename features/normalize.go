package features

import "gonum.org/v1/gonum/floats"

// Normalizer takes the running mean of the speech so far off the features. With the mean
// goes most of what microphone, room and line add to every frame. It never uses the
// future. Before any speech the mean is the model's own, which afterwards keeps a weight
// of prior frames.
type Normalizer struct {
	prior []float64 // the model's mean
	sum   []float64 // weight·prior + Σ frames
	mean  []float64
	w, n  float64 // weight of the prior, frames seen
}

// NewNormalizer returns a normalizer that starts from mean, the model's mean of feature
// frames, with a weight of prior frames. A prior of 0 counts as 1.
func NewNormalizer(mean []float64, prior float64) *Normalizer {
	n := &Normalizer{prior: append([]float64(nil), mean...), w: prior,
		sum: make([]float64, len(mean)), mean: make([]float64, len(mean))}
	if !(n.w > 0) {
		n.w = 1
	}
	n.Reset()
	return n
}

// Reset forgets every frame.
func (n *Normalizer) Reset() {
	n.n = 0
	floats.ScaleTo(n.sum, n.w, n.prior)
	copy(n.mean, n.prior)
}

// Update takes in a frame of speech. Frames of pauses do not belong here, because they
// say something about the noise and nothing about the line.
func (n *Normalizer) Update(frame []float64) {
	n.n++
	floats.Add(n.sum, frame)
	floats.ScaleTo(n.mean, 1/(n.w+n.n), n.sum)
}

// Mean returns the mean that Apply takes off. It is valid until the next
// Update and not to be changed.
func (n *Normalizer) Mean() []float64 { return n.mean }

// Apply writes frame less the mean to dst, which may be frame itself.
func (n *Normalizer) Apply(dst, frame []float64) {
	floats.SubTo(dst, frame, n.mean)
}
