package simd

import (
	"fmt"
	"math"
)

// Cells computes a step of len(h) LSTM cells from their gates: len(h) numbers each for
// input, forget, cell and output, in this order, before their sigmoids and tanh.
//
//	c = σ(forget)·c + σ(input)·tanh(cell)
//	h = σ(output)·tanh(c)
//
// Every path computes the same bits. The relative error of a sigmoid and of a tanh is below
// 3·10^−7; a sigmoid does not fall below that of −40, so that products do not become
// subnormal numbers. len(h) must be a multiple of 16; other lengths panic.
func Cells(p Path, h, c, gates []float32) {
	n := len(h)
	if n%lanes != 0 || len(c) != n || len(gates) != 4*n {
		panic(fmt.Sprintf("simd: %d states, %d cells and %d gates: expected one multiple of %d twice, and four times as many gates", n, len(c), len(gates), lanes))
	}
	cells(p, h, c, gates)
}

func portableCells(h, c, gates []float32) {
	n := len(h)
	in, forget, cell, out := gates[:n], gates[n:2*n], gates[2*n:3*n], gates[3*n:4*n]
	for i, v := range c {
		v = float32(sigmoid(forget[i])*v) + float32(sigmoid(in[i])*tanh(cell[i]))
		c[i] = v
		h[i] = sigmoid(out[i]) * tanh(v)
	}
}

// The numbers of the functions below. ln2Hi has few bits, so that its product with a
// whole number is exact.
const (
	log2e = 1.44269504
	whole = 3 << 22 // a number of this size has no bits after the point
	ln2Hi = 355. / 512
	ln2Lo = -2.12194440e-4 // ln2 − ln2Hi
	far   = 40             // where a sigmoid ends
	wide  = 20             // where a tanh is ±1, times 2
)

// exponential returns scale and p for which e^x is scale + scale·p. scale is a power
// of 2, and p is e^r − 1 with |r| ≤ ln2/2 by Taylor's series. x must lie within ±80.
//
// A conversion around every product keeps the compiler from fusing it with a sum: all
// machines and all kernels compute the same bits.
func exponential(x float32) (scale, p float32) {
	shifted := float32(x*log2e) + whole
	n := shifted - whole
	scale = math.Float32frombits(math.Float32bits(shifted)<<23 + 127<<23)
	r := x - float32(n*ln2Hi)
	r -= float32(n * ln2Lo)
	p = float32(1./5040*r) + 1./720
	p = float32(p*r) + 1./120
	p = float32(p*r) + 1./24
	p = float32(p*r) + 1./6
	p = float32(p*r) + 1./2
	p = float32(p*r) + 1
	return scale, float32(p * r)
}

// Exp returns e^x, the same bits on every machine, with a relative error below
// 3·10^−7. x must lie within ±80.
func Exp(x float32) float32 {
	scale, p := exponential(x)
	return scale + float32(scale*p)
}

// sigmoid is 1 / (1 + e^−x).
func sigmoid(x float32) float32 {
	if x < -far {
		x = -far
	}
	if x > far {
		x = far
	}
	return 1 / (1 + Exp(-x))
}

// tanh has a small relative error near 0 too.
func tanh(x float32) float32 {
	x += x
	if x < -wide {
		x = -wide
	}
	if x > wide {
		x = wide
	}
	scale, p := exponential(x)
	less := (scale - 1) + float32(scale*p) // e^2x − 1
	return less / (less + 2)
}
