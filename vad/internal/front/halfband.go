package front

import (
	"math"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/seed-7adb9000/diarizer/internal/dsp/numeric"
)

// halfband halves the sample rate: a windowed-sinc half-band low-pass whose
// even taps are zero apart from the middle one, so that an output costs about a
// quarter of the filter's length in multiplications.
type halfband struct {
	side []float32 // taps at odd distances 1, 3, 5, ... from the middle
	// The last 2*reach input samples, then room for the new ones: those in step
	// with the middle tap and those between, which meet the others. Apart, a tap
	// is the same operation on neighbours all along a block.
	even, odd []float32
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
		w := numeric.BesselI0(kaiserBeta*math.Sqrt(1-x*x)) / numeric.BesselI0(kaiserBeta)
		taps[i] = math.Sin(math.Pi*d/2) / (math.Pi * d) * w
		sum += 2 * taps[i]
	}
	for i, t := range taps { // unity at 0 Hz, so the middle tap stays at one half
		h.side[i] = float32(t * 0.5 / (sum - 0.5))
	}
	h.even = make([]float32, h.reach()+block/2)
	h.odd = make([]float32, h.reach()+block/2)
	return h
}

// kaiserBeta gives about 60 dB of stop-band attenuation.
const kaiserBeta = 6

// process filters in and writes len(in)/2 samples to out. len(in) is even and at
// most the block size. Output i is centred reach samples before in[2i+1].
func (h *halfband) process(out, in []float32) {
	n, keep := len(in)/2, h.reach()
	even, odd := h.even[:keep+n], h.odd[:keep+n]
	for i := range n {
		even[keep+i], odd[keep+i] = in[2*i], in[2*i+1]
	}
	out = out[:n]
	mid := (keep + 1) / 2
	for i, v := range even[mid : mid+n] {
		out[i] = 0.5 * v
	}
	for k, t := range h.side {
		for _, from := range [...]int{mid - k - 1, mid + k} {
			blas32.Axpy(t, blas32.Vector{N: n, Data: odd[from : from+n], Inc: 1}, blas32.Vector{N: n, Data: out, Inc: 1})
		}
	}
	copy(even[:keep], even[n:])
	copy(odd[:keep], odd[n:])
}
