package model

import "slices"

// Aligned are frames with the shares that the Gaussians of a model have of them. The
// shares are the expensive part of a frame. They are kept so that the pair of any
// stretch of sound costs little. The zero value holds no frames.
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

// Count returns the number of frames.
func (f *Aligned) Count() int { return len(f.Ends) }

// Clone returns a copy of f in memory of its own, about as much as it needs.
func (f *Aligned) Clone() Aligned {
	return Aligned{X: slices.Clone(f.X), K: slices.Clone(f.K), W: slices.Clone(f.W), Ends: slices.Clone(f.Ends)}
}

// Reset forgets the frames and keeps the memory for others.
func (f *Aligned) Reset() {
	f.X, f.K, f.W, f.Ends = f.X[:0], f.K[:0], f.W[:0], f.Ends[:0]
}
