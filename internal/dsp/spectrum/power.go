// Package spectrum computes power spectra of short real frames, which is much of
// the work of the front ends.
package spectrum

import (
	"fmt"
	"math"
)

// Power computes power spectra of frames of one length, through a complex transform
// of half of it (Stockham, radix 4, a last stage of radix 2 where that is left). It
// is a quarter of the cost of gonum's fourier.FFT, which its test compares it with.
// It owns its working memory and is not safe for concurrent use.
type Power struct {
	half int          // length of the complex transform
	a, b []complex128 // ping and pong
	tw   []complex128 // e^{−2πi k/half}
	post []complex128 // e^{−2πi k/(2·half)}
}

// NewPower returns a Power for frames of n values, a power of 2 from 8 on; any
// other length panics.
func NewPower(n int) *Power {
	if n < 8 || n&(n-1) != 0 {
		panic(fmt.Sprintf("spectrum: frames of %d values: expected a power of 2 from 8 on", n))
	}
	h := n / 2
	f := &Power{half: h, a: make([]complex128, h), b: make([]complex128, h),
		tw: make([]complex128, h), post: make([]complex128, h)}
	for k := range h {
		s, c := math.Sincos(-2 * math.Pi * float64(k) / float64(h))
		f.tw[k] = complex(c, s)
		s, c = math.Sincos(-math.Pi * float64(k) / float64(h))
		f.post[k] = complex(c, s)
	}
	return f
}

// Into writes |X_k|²/n for k = 0, 1, … to dst, 1 to n/2 + 1 lines, for the
// transform X of x, of length n. Fewer lines are less work.
func (f *Power) Into(dst, x []float64) {
	h := f.half
	z := f.transform(x)
	scale := 1 / float64(2*h)
	re, im := real(z[0]), imag(z[0])
	dst[0] = (re + im) * (re + im) * scale
	if len(dst) > h {
		dst[h] = (re - im) * (re - im) * scale
	}
	// X_k = (Z_k + Z*_{h−k})/2 − i/2·e^{−πik/h}·(Z_k − Z*_{h−k}), and X*_{h−k} is
	// the difference of the same two.
	for k := 1; k <= h/2 && k < len(dst); k++ {
		p, q := z[k], z[h-k]
		er, ei := real(p)+real(q), imag(p)-imag(q)
		or, oi := real(p)-real(q), imag(p)+imag(q)
		c, s := real(f.post[k]), imag(f.post[k])
		tr, ti := c*oi+s*or, s*oi-c*or
		dst[k] = ((er+tr)*(er+tr) + (ei+ti)*(ei+ti)) * scale / 4
		if h-k < len(dst) {
			dst[h-k] = ((er-tr)*(er-tr) + (ei-ti)*(ei-ti)) * scale / 4
		}
	}
}

// transform runs the stages over the values of x in pairs, as real and imaginary
// parts, and returns the one of a and b that ends up with the result.
func (f *Power) transform(x []float64) []complex128 {
	in, out := f.a, f.b
	f.first(x, in)
	n, s := f.half/4, 4 // s transforms of length n are left
	for ; n >= 4; n, s = n/4, 4*s {
		for p := range n / 4 {
			f.butterflies(in, out, p, n/4, s)
		}
		in, out = out, in
	}
	if n == 2 {
		lo, hi := in[:s], in[s:2*s]
		for q, a := range lo {
			b := hi[q]
			out[q], out[s+q] = a+b, a-b
		}
		in = out
	}
	return in
}

// first is the first stage, which reads x.
func (f *Power) first(x []float64, out []complex128) {
	m := f.half / 4
	xa, xb, xc, xd := x[:2*m], x[2*m:4*m], x[4*m:6*m], x[6*m:8*m]
	for p := range m {
		w1, w2, w3 := f.tw[p], f.tw[2*p], f.tw[3*p]
		a, b := complex(xa[2*p], xa[2*p+1]), complex(xb[2*p], xb[2*p+1])
		c, d := complex(xc[2*p], xc[2*p+1]), complex(xd[2*p], xd[2*p+1])
		apc, amc, bpd, bmd := a+c, a-c, b+d, b-d
		jb := complex(-imag(bmd), real(bmd)) // i·(b − d)
		y := out[4*p : 4*p+4 : 4*p+4]
		y[0], y[1], y[2], y[3] = apc+bpd, w1*(amc-jb), w2*(apc-bpd), w3*(amc+jb)
	}
}

// butterflies are those of one twiddle factor in a later stage: s of them on
// neighbours, of n/4 = m transforms of length n.
func (f *Power) butterflies(x, y []complex128, p, m, s int) {
	w1, w2, w3 := f.tw[p*s], f.tw[2*p*s], f.tw[3*p*s]
	xa, xb, xc, xd := x[s*p:][:s], x[s*(p+m):][:s], x[s*(p+2*m):][:s], x[s*(p+3*m):][:s]
	ya, yb, yc, yd := y[s*4*p:][:s], y[s*(4*p+1):][:s], y[s*(4*p+2):][:s], y[s*(4*p+3):][:s]
	if p == 0 { // the factors are 1, which they are for all of the last stage
		for q := range s {
			a, b, c, d := xa[q], xb[q], xc[q], xd[q]
			apc, amc, bpd, bmd := a+c, a-c, b+d, b-d
			jb := complex(-imag(bmd), real(bmd))
			ya[q], yb[q], yc[q], yd[q] = apc+bpd, amc-jb, apc-bpd, amc+jb
		}
		return
	}
	for q := range s {
		a, b, c, d := xa[q], xb[q], xc[q], xd[q]
		apc, amc, bpd, bmd := a+c, a-c, b+d, b-d
		jb := complex(-imag(bmd), real(bmd))
		ya[q], yb[q], yc[q], yd[q] = apc+bpd, w1*(amc-jb), w2*(apc-bpd), w3*(amc+jb)
	}
}
