package model

import "slices"

// Aligned are frames with the shares that the Gaussians of a model have of
// them: what is expensive about a frame, kept so that the pair of any stretch
// of sound can be had again at little cost. The zero value holds no frames.
type Aligned struct {
	// X are the normalised frames, by rows of d.
	X []float32
	// K are the Gaussians that have a share, frame after frame, and W their
	// shares.
	K []uint16
	W []float32
	// Ends are where the shares of each frame end in K and W.
	Ends []uint16
}

// Frames returns the number of frames.
func (f *Aligned) Frames() int { return len(f.Ends) }

// Clone returns a copy of f in memory of its own, about as much as it needs.
func (f *Aligned) Clone() Aligned {
	return Aligned{X: slices.Clone(f.X), K: slices.Clone(f.K), W: slices.Clone(f.W), Ends: slices.Clone(f.Ends)}
}

// Reset forgets the frames and keeps the memory for others.
func (f *Aligned) Reset() {
	f.X, f.K, f.W, f.Ends = f.X[:0], f.K[:0], f.W[:0], f.Ends[:0]
}

// Align appends a normalised frame, of length d, with its shares to dst, which
// holds at most 100 frames. What was added to a stays.
func (a *Accumulator) Align(dst *Aligned, x []float64) {
	a.divide(x)
	for _, v := range x {
		dst.X = append(dst.X, float32(v))
	}
	for _, g := range a.parts {
		dst.K = append(dst.K, uint16(g.k))
		dst.W = append(dst.W, float32(g.share))
	}
	dst.Ends = append(dst.Ends, uint16(len(dst.K)))
}

// AddAligned takes in the frames of f, which must be of the model.
func (a *Accumulator) AddAligned(f *Aligned) {
	d, from := a.m.Dim(), 0
	for t, end := range f.Ends {
		x := f.X[t*d : (t+1)*d]
		for ; from < int(end); from++ {
			share(a, int(f.K[from]), float64(f.W[from]), x)
		}
	}
	a.frames += len(f.Ends)
}
