package segnet

import (
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// Runner computes windows. It owns the working memory, which grows to what the longest
// window takes, about 5 kB a frame, and is not safe for concurrent use. It sets no limit
// on the length of a window: the caller does. The network was trained on 10 s.
type Runner struct {
	worker
	samples  []float32 // where they have to be cleaned
	window   []float32 // of a stream
	features [3][]float32
	layers   [2][]float32 // what a layer reads and what it writes
	level    moments
	moments  [3]moments
}

// NewRunner returns a runner on a path. One that is not in [simd.Paths] panics.
func NewRunner(net *Network, path simd.Path) *Runner {
	r := &Runner{worker: newWorker(net, path), level: newMoments(1)}
	for i := range r.moments {
		r.moments[i] = newMoments(net.stages[i].channels)
	}
	return r
}

// Run writes the frames of a window to dst and returns how many there are, [Frames]
// of its length. Every frame knows the whole window, and every norm is over it, as
// in PyTorch. A dst without room for the frames panics. Samples that are not numbers,
// infinite or far beyond full scale count as silence.
func (r *Runner) Run(dst []Frame, samples []float32) int {
	n := Frames(len(samples))
	if len(dst) < n {
		panic(fmt.Sprintf("segnet: room for %d frames, expected %d for %d samples", len(dst), n, len(samples)))
	}
	if n == 0 {
		return 0
	}
	samples, _ = clean.Copied(&r.samples, samples)
	r.level.measure(samples, len(samples))
	r.level.into(r.gain, r.net.sound)
	src := samples
	for i := range r.features {
		s, rows := &r.net.stages[i], pooledRows(i, len(samples))
		r.features[i] = sized(r.features[i], rows*s.channels)
		r.pooled(s, r.features[i], src, rows)
		r.moments[i].measure(r.features[i], rows)
		r.moments[i].into(r.norms[i], s.norm)
		normalize(r.features[i], r.norms[i])
		src = r.features[i]
	}
	r.classify(dst, r.recurrent(simd.Matrix{Data: src, Stride: narrow}, n), n)
	return n
}

// recurrent runs the LSTMs over n rows.
func (r *Runner) recurrent(src simd.Matrix, n int) simd.Matrix {
	for i := range r.layers {
		r.layers[i] = sized(r.layers[i], n*both)
	}
	for i := range r.net.lstms {
		dst := simd.Matrix{Data: r.layers[i%2], Stride: both}
		var forward, backward memory
		r.lstm(&r.net.lstms[i].forward, dst, src, n, false, &forward)
		r.lstm(&r.net.lstms[i].backward, simd.Matrix{Data: dst.Data[hidden:], Stride: both}, src, n, true, &backward)
		src = dst
	}
	return src
}

// pooledRows is how many rows a stage leaves of a window of samples.
func pooledRows(stage, samples int) int {
	n := ((samples-taps)/stride + 1) / pool
	for range stage {
		n = (n - width + 1) / pool
	}
	return n
}

// sized returns s with n numbers of any value.
func sized(s []float32, n int) []float32 { return slices.Grow(s[:0], n)[:n] }
