package campplus

import (
	"math"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// tile is how many rows are scaled and rectified at once: as many as stay in the
// cache while every output is computed from them.
const tile = 60

// grown adds the channels of a layer behind the first channels of wide.
func (r *Runner) grown(l *layer, wide simd.Matrix, channels, rows, dilation int) {
	inner := r.narrow[rowsAhead*narrow:]
	clear(r.narrow[:rowsAhead*narrow])
	clear(inner[rows*narrow:])
	r.tiled(l.narrow, l.pre, simd.Matrix{Data: inner, Stride: narrow}, wide, rows, 0)

	out := simd.Matrix{Data: wide.Data[channels:], Stride: wide.Stride}
	at := [3]int{(rowsAhead - dilation) * narrow, rowsAhead * narrow, (rowsAhead + dilation) * narrow}
	l.local.Into(r.path, out, simd.Matrix{Data: r.narrow, Stride: narrow}, at[:], rows, simd.Matrix{}, simd.NoFloor)
	r.gate(l, out, simd.Matrix{Data: inner, Stride: narrow}, rows)
}

// halve computes the rows after a block.
func (r *Runner) halve(t *transit, dst, wide simd.Matrix, rows int, rectify bool) {
	floor := simd.NoFloor
	if rectify {
		floor = 0
	}
	r.tiled(t.conv, t.pre, dst, wide, rows, floor)
}

// tiled is a matrix product of rows that are scaled, shifted and rectified before.
func (r *Runner) tiled(c *simd.Conv, pre affine, dst, src simd.Matrix, rows int, floor float32) {
	active, at := simd.Matrix{Data: r.active, Stride: apart}, [1]int{}
	for from := 0; from < rows; from += tile {
		n := min(tile, rows-from)
		simd.ScaleShift(r.path, active, simd.Matrix{Data: src.Data[from*src.Stride:], Stride: src.Stride}, n, pre.scale, pre.shift, 0)
		c.Into(r.path, simd.Matrix{Data: dst.Data[from*dst.Stride:], Stride: dst.Stride}, active, at[:], n, simd.Matrix{}, floor)
	}
}

// gate multiplies each channel of out by a number between 0 and 1 that depends on
// the mean of inner over all rows and over the segment.
func (r *Runner) gate(l *layer, out, inner simd.Matrix, rows int) {
	segments := (rows + sharing - 1) / sharing
	var mean, zeros [narrow]float32
	for s := range segments {
		sum := r.contexts[s*narrow : (s+1)*narrow]
		from := s * sharing
		n := min(sharing, rows-from)
		simd.Sum(r.path, sum, simd.Matrix{Data: inner.Data[from*narrow:], Stride: narrow}, n)
		for i, v := range sum {
			mean[i] += v / float32(rows)
			sum[i] = v / float32(n)
		}
	}
	for s := range segments {
		for i, v := range mean {
			r.contexts[s*narrow+i] += v
		}
	}
	at := [1]int{}
	l.context1.Into(r.path, simd.Matrix{Data: r.squeezed, Stride: squeezed}, simd.Matrix{Data: r.contexts, Stride: narrow}, at[:], segments, simd.Matrix{}, 0)
	l.context2.Into(r.path, simd.Matrix{Data: r.gates, Stride: growth}, simd.Matrix{Data: r.squeezed, Stride: squeezed}, at[:], segments, simd.Matrix{}, simd.NoFloor)
	for i, v := range r.gates {
		r.gates[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
	for s := range segments {
		from := s * sharing
		part := simd.Matrix{Data: out.Data[from*out.Stride:], Stride: out.Stride}
		simd.ScaleShift(r.path, part, part, min(sharing, rows-from), r.gates[s*growth:(s+1)*growth], zeros[:growth], simd.NoFloor)
	}
}
