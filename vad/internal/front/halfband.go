package front

import "math"

// halfband halves the sample rate: a windowed-sinc half-band low-pass whose
// even taps are zero apart from the middle one, so that an output costs about a
// quarter of the filter's length in multiplications.
type halfband struct {
	side []float32 // taps at odd distances 1, 3, 5, ... from the middle
	hist []float32 // the last 2*reach input samples, then room for the new ones
}

// reach is the distance of the outermost tap from the middle, which is also the
// filter's delay in input samples.
func (h *halfband) reach() int { return 2*len(h.side) - 1 }

// newHalfband builds a filter of n odd taps on each side (length 4n-1) with a
// Kaiser window, for blocks of at most block input samples.
func newHalfband(n, block int) *halfband {
	h := &halfband{side: make([]float32, n)}
	reach := float64(2*n - 1)
	sum := 0.5
	taps := make([]float64, n)
	for i := range taps {
		d := float64(2*i + 1)
		x := d / (reach + 1)
		w := bessel0(kaiserBeta*math.Sqrt(1-x*x)) / bessel0(kaiserBeta)
		taps[i] = math.Sin(math.Pi*d/2) / (math.Pi * d) * w
		sum += 2 * taps[i]
	}
	for i, t := range taps { // unity at 0 Hz, so the middle tap stays at one half
		h.side[i] = float32(t * 0.5 / (sum - 0.5))
	}
	h.hist = make([]float32, 2*h.reach()+block)
	return h
}

// kaiserBeta gives about 60 dB of stop-band attenuation.
const kaiserBeta = 6

// bessel0 is the modified Bessel function of the first kind and order 0.
func bessel0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1; term > 1e-12*sum; k++ {
		term *= (x / 2 / float64(k)) * (x / 2 / float64(k))
		sum += term
	}
	return sum
}

// process filters in and writes len(in)/2 samples to out. len(in) is even and at
// most the block size. Output i is centred reach samples before in[2i+1].
func (h *halfband) process(out, in []float32) {
	keep := 2 * h.reach()
	buf := h.hist[:keep+len(in)]
	copy(buf[keep:], in)
	mid := h.reach() + 1
	for i := range out[:len(in)/2] {
		c := 2*i + mid
		acc := 0.5 * buf[c]
		for k, t := range h.side {
			acc += t * (buf[c-2*k-1] + buf[c+2*k+1])
		}
		out[i] = acc
	}
	copy(h.hist[:keep], buf[len(in):])
}

func (h *halfband) reset() { clear(h.hist) }
