package simd

import (
	"fmt"
	"math"
)

// panel is how many outputs a kernel computes side by side.
const panel = 32

// NoFloor is the floor of what is not rectified.
var NoFloor = float32(math.Inf(-1))

// Matrix is rows of numbers in a slice, row i from i·Stride on. A stride of 0
// makes every row the same.
type Matrix struct {
	Data   []float32
	Stride int
}

// Conv is a convolution, or with one tap a matrix product: its weights in the
// order in which the kernels read them. It is immutable and can be shared.
type Conv struct {
	taps, in, out int
	weights       []float32 // out/panel × taps × in × panel
	bias          []float32
}

// NewConv returns the convolution with weights taps × in × out and a bias of out
// numbers, or none where bias is nil. out must be a multiple of 32; another number,
// or slices of other lengths, panic.
func NewConv(taps, in, out int, weights, bias []float32) *Conv {
	if taps < 1 || in < 1 || out < panel || out%panel != 0 || len(weights) != taps*in*out {
		panic(fmt.Sprintf("simd: %d weights for %d taps, %d inputs and %d outputs: expected their product, and outputs in multiples of %d",
			len(weights), taps, in, out, panel))
	}
	if bias != nil && len(bias) != out {
		panic(fmt.Sprintf("simd: a bias of %d numbers, expected %d", len(bias), out))
	}
	c := &Conv{taps: taps, in: in, out: out, weights: make([]float32, 0, len(weights)), bias: make([]float32, out)}
	copy(c.bias, bias)
	for first := 0; first < out; first += panel {
		for k := range taps * in {
			c.weights = append(c.weights, weights[k*out+first:][:panel]...)
		}
	}
	return c
}

// Into computes rows rows of dst:
//
//	dst[r] = max(floor, add[r] + bias + Σ_k weights[k] · src.Data[at[k] + r·src.Stride …])
//
// where at has the place of row 0 for each tap. add may be the zero Matrix for
// nothing. dst must not overlap src or add. Slices that are too short panic.
func (c *Conv) Into(p Path, dst, src Matrix, at []int, rows int, add Matrix, floor float32) {
	if rows <= 0 {
		return
	}
	if len(at) != c.taps {
		panic(fmt.Sprintf("simd: places of %d taps, expected %d", len(at), c.taps))
	}
	for _, a := range at {
		_ = src.Data[a : a+(rows-1)*src.Stride+c.in]
	}
	_ = dst.Data[:(rows-1)*dst.Stride+c.out]
	if add.Data == nil {
		add = Matrix{}
	} else {
		_ = add.Data[:(rows-1)*add.Stride+c.out]
	}
	c.run(p, dst, src, at, rows, add, floor)
}
