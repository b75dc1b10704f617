package campplus

import (
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// apart is the distance between rows of the densely connected channels. It is not
// a power of 2, which would put all rows of a column into the same few cache lines.
const apart = widest + 16

// Runner runs a network. It owns the working memory, which grows to what the longest
// utterance takes, about 6 kB a frame, and is not safe for concurrent use. It sets no
// limit on the length of an utterance: the caller does.
type Runner struct {
	net  *Network
	path simd.Path
	head head

	mean     [Features]float32
	lines    []float32 // the head's output, rows of tall × planes, with zeros around
	wide     []float32 // rows of up to widest channels
	next     []float32 // rows after a transit
	active   []float32 // rows of wide, scaled, shifted and rectified
	narrow   []float32 // rows of narrow channels, with zeros around
	contexts []float32 // means by segment
	squeezed []float32
	gates    []float32

	row   [Channels]float32 // of a trunk
	stats [2 * Channels]float32
	sums  [2 * Channels]float64
}

// Path returns the path that the runner computes on.
func (r *Runner) Path() simd.Path { return r.path }

// Run computes the trunk of an utterance. features are the log mel energies of its
// frames, rows of [Features] numbers, at least one; a length that is no multiple of
// it panics. Run takes their mean off itself. The trunk has a row for every two frames, and one
// for a last single frame.
func (r *Runner) Run(dst *Trunk, features []float32) {
	frames := len(features) / Features
	if frames == 0 || len(features)%Features != 0 {
		panic(fmt.Sprintf("campplus: %d features, expected rows of %d", len(features), Features))
	}
	rows := (frames + stride - 1) / stride
	r.grow(frames, rows)
	r.takeMean(features)

	const around, width = 2, tall * planes
	lines := r.lines[:(frames+2*around)*width]
	clear(lines[:around*width])
	clear(lines[(around+frames)*width:])
	r.head.run(r.path, simd.Matrix{Data: lines[around*width:], Stride: width}, features, &r.mean)

	wide, next := simd.Matrix{Data: r.wide, Stride: apart}, simd.Matrix{Data: r.next, Stride: apart}
	at := [1]int{}
	r.net.tdnn.Into(r.path, wide, simd.Matrix{Data: lines, Stride: stride * width}, at[:], rows, simd.Matrix{}, 0)
	channels := initial
	for i := range r.net.blocks {
		b := &r.net.blocks[i]
		for j := range b.layers {
			r.grown(&b.layers[j], wide, channels, rows, b.dilation)
			channels += growth
		}
		r.halve(&b.transit, next, wide, rows, i == len(r.net.blocks)-1)
		channels /= 2
		wide, next = next, wide
	}
	dst.keep(wide, rows)
}

// grow makes room for an utterance.
func (r *Runner) grow(frames, rows int) {
	segments := (rows + sharing - 1) / sharing
	for _, g := range []struct {
		buf  *[]float32
		size int
	}{
		{&r.lines, (frames + 4) * tall * planes},
		{&r.wide, rows * apart},
		{&r.next, rows * apart},
		{&r.active, tile * apart},
		{&r.narrow, (rows + 2*rowsAhead) * narrow},
		{&r.contexts, segments * narrow},
		{&r.squeezed, segments * squeezed},
		{&r.gates, segments * growth},
	} {
		*g.buf = slices.Grow((*g.buf)[:0], g.size)[:g.size]
	}
}

// takeMean computes the mean of the features.
func (r *Runner) takeMean(features []float32) {
	var sum [Features]float64
	for row := features; len(row) > 0; row = row[Features:] {
		for i, v := range row[:Features] {
			sum[i] += float64(v)
		}
	}
	for i, s := range sum {
		r.mean[i] = float32(s / float64(len(features)/Features))
	}
}
