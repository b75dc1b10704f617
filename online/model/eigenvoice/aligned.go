package eigenvoice

import "github.com/seed-7adb9000/diarizer/online/model"

// Align appends a normalised frame, of length d, with its shares to dst, which
// holds at most 100 frames. What was added to a stays.
func (a *Accumulator) Align(dst *model.Aligned, x []float64) {
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
func (a *Accumulator) AddAligned(f *model.Aligned) {
	d, from := a.m.Dim(), 0
	for t, end := range f.Ends {
		x := f.X[t*d : (t+1)*d]
		for ; from < int(end); from++ {
			share(a, int(f.K[from]), float64(f.W[from]), x)
		}
	}
	a.frames += len(f.Ends)
}
