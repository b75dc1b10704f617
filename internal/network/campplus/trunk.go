package campplus

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/network/half"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// single is the standard deviation of one row in the published definition.
const single = 0.01

// Trunk is what the network makes of an utterance before it is pooled: a row of
// [Channels] numbers for every two frames, which it keeps as 16-bit floats. The zero value
// is empty and can be used for any number of utterances, one after the other.
type Trunk struct {
	frames []uint16
}

// Rows returns the number of rows. Row i stands for the frames 2i and 2i + 1.
func (t *Trunk) Rows() int { return len(t.frames) / Channels }

// Row writes row i to dst, which has room for [Channels] numbers.
func (t *Trunk) Row(dst []float32, i int) {
	for k, h := range t.frames[i*Channels : (i+1)*Channels] {
		dst[k] = half.Float32(h)
	}
}

// keep makes a trunk of the first rows of m.
func (t *Trunk) keep(m simd.Matrix, rows int) {
	t.frames = slices.Grow(t.frames[:0], rows*Channels)[:rows*Channels]
	for i := range rows {
		for k, v := range m.Data[i*m.Stride:][:Channels] {
			t.frames[i*Channels+k] = half.Of(v)
		}
	}
}

// Embed writes the embedding of the rows [from, to), at least one, to dst: [Dim] numbers.
// It does not scale them to length 1; the caller does. The embedding is the
// network's last matrix times the mean and standard deviation of each channel. Rows that
// the trunk does not have panic, and so does a shorter dst.
func (r *Runner) Embed(dst []float32, t *Trunk, from, to int) {
	if from < 0 || to > t.Rows() || from >= to {
		panic(fmt.Sprintf("campplus: rows %d to %d of a trunk of %d", from, to, t.Rows()))
	}
	mean, square := r.sums[:Channels], r.sums[Channels:]
	clear(r.sums[:])
	for at := from; at < to; at++ {
		t.Row(r.row[:], at)
		for i, v := range r.row {
			mean[i] += float64(v)
		}
	}
	n := float64(to - from)
	for i := range mean {
		mean[i] /= n
	}
	for at := from; at < to; at++ {
		t.Row(r.row[:], at)
		for i, v := range r.row {
			d := float64(v) - mean[i]
			square[i] += d * d
		}
	}
	for i, m := range mean {
		r.stats[i] = float32(m)
		r.stats[Channels+i] = single
		if n > 1 {
			r.stats[Channels+i] = float32(math.Sqrt(square[i] / (n - 1)))
		}
	}
	at := [1]int{}
	r.net.dense.Into(r.path, simd.Matrix{Data: dst[:Dim], Stride: Dim}, simd.Matrix{Data: r.stats[:], Stride: 2 * Channels}, at[:], 1, simd.Matrix{}, simd.NoFloor)
}
