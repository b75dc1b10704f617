package front

import (
	"math"
	"math/bits"
)

// powerFFT is the power spectrum of fftLen real samples, by a complex transform
// of half the length. It is written out for one size because a general one takes
// several times as long and this is most of the detector's work.
type powerFFT struct {
	rev    [fftLen / 2]uint8
	twid   [fftLen / 4]complex64 // exp(-2πi k / (fftLen/2))
	unpack [fftLen / 4]complex64 // exp(-2πi k / fftLen)
	buf    [fftLen / 2]complex64
}

const fftLen = 256

func newPowerFFT() *powerFFT {
	f := new(powerFFT)
	const half = fftLen / 2
	shift := 8 - bits.Len(uint(half-1))
	for i := range f.rev {
		f.rev[i] = bits.Reverse8(uint8(i)) >> shift
	}
	for k := range f.twid {
		s, c := math.Sincos(-2 * math.Pi * float64(k) / half)
		f.twid[k] = complex(float32(c), float32(s))
		s, c = math.Sincos(-2 * math.Pi * float64(k) / fftLen)
		f.unpack[k] = complex(float32(c), float32(s))
	}
	return f
}

// power writes |X_k|² for k = 0 ... fftLen/2 to dst, X being the transform of x
// times win.
func (f *powerFFT) power(dst *[fftLen/2 + 1]float32, x, win *[fftLen]float32) {
	const half = fftLen / 2
	b := &f.buf
	for i, r := range f.rev {
		b[r&(half-1)] = complex(x[2*i]*win[2*i], x[2*i+1]*win[2*i+1])
	}
	for i := 0; i < half; i += 4 { // the first two stages need no products
		a0, a1, a2, a3 := b[i], b[i+1], b[i+2], b[i+3]
		s, d := a0+a1, a0-a1
		t, e := a2+a3, a2-a3
		e = complex(imag(e), -real(e))
		b[i], b[i+1], b[i+2], b[i+3] = s+t, d+e, s-t, d-e
	}
	for size := 8; size <= half; size *= 2 {
		step, h := half/size, size/2
		for base := 0; base < half; base += size {
			lo := b[base : base+h]
			hi := b[base+h : base+size]
			hi = hi[:len(lo)]
			for k, a := range lo {
				w := f.twid[(k*step)&(half/2-1)]
				v := hi[k]
				v = complex(real(v)*real(w)-imag(v)*imag(w), real(v)*imag(w)+imag(v)*real(w))
				lo[k], hi[k] = a+v, a-v
			}
		}
	}
	re, im := real(b[0]), imag(b[0])
	dst[0], dst[half] = (re+im)*(re+im), (re-im)*(re-im)
	for k := 1; k <= half/2; k++ {
		p, q := b[k], b[half-k]
		even := complex(0.5*(real(p)+real(q)), 0.5*(imag(p)-imag(q)))
		odd := complex(0.5*(imag(p)+imag(q)), -0.5*(real(p)-real(q)))
		w := complex(float32(0), -1)
		if k < half/2 {
			w = f.unpack[k]
		}
		odd = complex(real(odd)*real(w)-imag(odd)*imag(w), real(odd)*imag(w)+imag(odd)*real(w))
		u, v := even+odd, even-odd
		dst[k] = real(u)*real(u) + imag(u)*imag(u)
		dst[half-k] = real(v)*real(v) + imag(v)*imag(v)
	}
}
