package segment

import "math"

// realFFT computes power spectra of real signals through a complex transform
// of half the length (Stockham, radix 4). It is a quarter of the cost of
// gonum's fourier.FFT, which its test compares it with; the transform is most
// of the front end.
type realFFT struct {
	half int          // length of the complex transform, a power of 4
	a, b []complex128 // ping and pong
	tw   []complex128 // e^{−2πi k/half}
	post []complex128 // e^{−2πi k/(2·half)}
}

// newRealFFT returns a transform of n real values; n/2 must be 4, 16, 64 or so on.
func newRealFFT(n int) *realFFT {
	h := n / 2
	f := &realFFT{half: h, a: make([]complex128, h), b: make([]complex128, h),
		tw: make([]complex128, h), post: make([]complex128, h)}
	for k := range h {
		s, c := math.Sincos(-2 * math.Pi * float64(k) / float64(h))
		f.tw[k] = complex(c, s)
		s, c = math.Sincos(-math.Pi * float64(k) / float64(h))
		f.post[k] = complex(c, s)
	}
	return f
}

// power writes |X_k|²/len(x) for k = 0 … len(x)/2 to dst, of length
// len(x)/2 + 1, for the transform X of x.
func (f *realFFT) power(dst, x []float64) {
	h := f.half
	z := f.transform(x)
	scale := 1 / float64(2*h)
	re, im := real(z[0]), imag(z[0])
	dst[0] = (re + im) * (re + im) * scale
	dst[h] = (re - im) * (re - im) * scale
	// X_k = (Z_k + Z*_{h−k})/2 − i/2·e^{−πik/h}·(Z_k − Z*_{h−k}), and X*_{h−k} is
	// the difference of the same two.
	for k := 1; k <= h/2; k++ {
		p, q := z[k], z[h-k]
		er, ei := real(p)+real(q), imag(p)-imag(q)
		or, oi := real(p)-real(q), imag(p)+imag(q)
		c, s := real(f.post[k]), imag(f.post[k])
		tr, ti := c*oi+s*or, s*oi-c*or
		dst[k] = ((er+tr)*(er+tr) + (ei+ti)*(ei+ti)) * scale / 4
		dst[h-k] = ((er-tr)*(er-tr) + (ei-ti)*(ei-ti)) * scale / 4
	}
}

// transform runs the stages over the values of x in pairs, as real and imaginary
// parts, and returns the one of a and b that ends up with the result.
func (f *realFFT) transform(x []float64) []complex128 {
	in, out := f.a, f.b
	f.first(x, in)
	s := 4
	for m := f.half / 16; m >= 1; m /= 4 {
		for p := range m {
			f.butterflies(in, out, p, m, s)
		}
		in, out = out, in
		s *= 4
	}
	return in
}

// first is the first stage, which reads x.
func (f *realFFT) first(x []float64, out []complex128) {
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
func (f *realFFT) butterflies(x, y []complex128, p, m, s int) {
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

// melFilter is one triangle, as its weights on the spectrum from first on.
type melFilter struct {
	first   int
	weights []float64
}

func melScale(hz float64) float64 { return 1127 * math.Log1p(hz/700) }

// newMelBank returns n triangular filters, equally wide and half overlapping
// on the mel scale between low and high hertz. A filter too narrow to hold a
// spectral line takes the nearest one.
func newMelBank(n int, low, high float64) []melFilter {
	bank := make([]melFilter, n)
	lo := melScale(low)
	step := (melScale(high) - lo) / float64(n+1)
	for i := range bank {
		f := &bank[i]
		centre := lo + step*float64(i+1)
		nearest, best := 0, math.Inf(1)
		for k := range fftSize/2 + 1 {
			dist := math.Abs(melScale(float64(k)*sampleRate/fftSize)-centre) / step
			if dist < best {
				nearest, best = k, dist
			}
			if dist < 1 {
				if f.weights == nil {
					f.first = k
				}
				f.weights = append(f.weights, 1-dist)
			}
		}
		if f.weights == nil {
			f.first, f.weights = nearest, []float64{1}
		}
	}
	return bank
}

// newDCT returns rows 1 to ceps of the orthonormal cosine transform (DCT-II)
// of n values, ceps×n.
func newDCT(ceps, n int) []float64 {
	t := make([]float64, 0, ceps*n)
	norm := math.Sqrt(2 / float64(n))
	for i := 1; i <= ceps; i++ {
		for j := range n {
			t = append(t, norm*math.Cos(math.Pi*float64(i)*(float64(j)+0.5)/float64(n)))
		}
	}
	return t
}
