package segnet

import "math"

// The functions of this file are sums and products in 32 bits in a fixed order, with a
// conversion around every product, which keeps the compiler from fusing it with a sum.
// Every machine computes the same bits.

const (
	log2e  = 1.44269504
	ln2Hi  = 355. / 512     // few bits: its product with a whole number is exact
	ln2Lo  = -2.12194440e-4 // ln2 − ln2Hi
	whole  = 3 << 22        // a number this large has no bits after the point
	below  = -40            // where a sigmoid ends, so that no product of two is subnormal
	beyond = 40
)

// exponential returns scale and p for which e^x is scale + scale·p. scale is a power
// of 2, and p is e^r − 1 with |r| ≤ ln2/2 by Taylor's series. x must lie within ±80.
func exponential(x float32) (scale, p float32) {
	shifted := float32(x*log2e) + whole
	n := shifted - whole
	scale = math.Float32frombits(math.Float32bits(shifted)<<23 + 127<<23)
	r := x - float32(n*ln2Hi)
	r -= float32(n * ln2Lo)
	p = 1. / 5040
	p = float32(p*r) + 1./720
	p = float32(p*r) + 1./120
	p = float32(p*r) + 1./24
	p = float32(p*r) + 1./6
	p = float32(p*r) + 1./2
	p = float32(p*r) + 1
	return scale, float32(p * r)
}

// sigmoid is 1 / (1 + e^−x), for x outside ±40 that of ±40.
func sigmoid(x float32) float32 {
	if x < below {
		x = below
	}
	if x > beyond {
		x = beyond
	}
	scale, p := exponential(-x)
	return 1 / (1 + (scale + float32(scale*p)))
}

// tanh is the hyperbolic tangent, with a small relative error near 0 too.
func tanh(x float32) float32 {
	x += x
	if x < -20 {
		x = -20
	}
	if x > 20 {
		x = 20
	}
	scale, p := exponential(x)
	less := (scale - 1) + float32(scale*p) // e^2x − 1
	return less / (less + 2)
}

// softmax turns the logarithms z into probabilities that add up to 1.
func softmax(dst *Frame, z []float32) {
	top := z[0]
	for _, v := range z[1:Classes] {
		if v > top {
			top = v
		}
	}
	var sum float32
	for i, v := range z[:Classes] {
		if v -= top; v < -80 {
			v = -80
		}
		scale, p := exponential(v)
		dst[i] = scale + float32(scale*p)
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
}
