package simulate

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
)

// Power returns the mean square of x, 0 of nothing.
func Power(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum / math.Max(1, float64(len(x)))
}

// Scale multiplies x by g in place.
func Scale(x []float32, g float64) {
	for i := range x {
		x[i] *= float32(g)
	}
}

// Room returns a room response at 16 kHz: the direct sound, then noise that
// decays by 60 dB in rt60 seconds, with the direct sound directToReverberant
// decibels above all of it (Moorer's model). Its energy is 1.
func Room(rng *rand.Rand, rt60, directToReverberant float64) []float32 {
	n := int(rt60 * dataset.Rate)
	r := make([]float32, n+1)
	var tail float64
	first := 1 + rng.IntN(80) // the nearest wall, up to 5 ms later
	for i := first; i < n; i++ {
		v := rng.NormFloat64() * math.Pow(10, -3*float64(i)/float64(n))
		r[i] = float32(v)
		tail += v * v
	}
	ratio := math.Pow(10, directToReverberant/10)
	Scale(r, math.Sqrt(1/(1+ratio)/math.Max(tail, 1e-12)))
	r[0] = float32(math.Sqrt(ratio / (1 + ratio)))
	return r
}

// Unit scales a room response to energy 1 and drops what comes before its
// largest sample, so that it delays nothing. It returns a copy.
func Unit(r []float32) []float32 {
	peak := 0
	for i, v := range r {
		if math.Abs(float64(v)) > math.Abs(float64(r[peak])) {
			peak = i
		}
	}
	u := append([]float32(nil), r[peak:]...)
	Scale(u, 1/math.Sqrt(math.Max(Power(u)*float64(len(u)), 1e-12)))
	return u
}

// Convolve returns x through the response r, as long as x, by overlapping
// transforms of a few times the length of r, which stay in the cache.
func Convolve(x, r []float32) []float32 {
	n := 1024
	for n < 3*len(r) {
		n *= 2
	}
	hop := n - len(r) + 1
	fft := fourier.NewFFT(n)
	in := make([]float64, n)
	for i, v := range r {
		in[i] = float64(v)
	}
	response := fft.Coefficients(nil, in)
	spectrum := make([]complex128, n/2+1)
	out := make([]float32, len(x))
	for start := 0; start < len(x); start += hop {
		part := x[start:min(start+hop, len(x))]
		clear(in)
		for i, v := range part {
			in[i] = float64(v)
		}
		fft.Coefficients(spectrum, in)
		for i := range spectrum {
			spectrum[i] *= response[i]
		}
		fft.Sequence(in, spectrum)
		for i, v := range in {
			if start+i == len(x) {
				break
			}
			out[start+i] += float32(v / float64(n))
		}
	}
	return out
}

// AddNoise adds noise to x in place, repeated from a random place on, at the
// given ratio of the two powers in decibels.
func AddNoise(rng *rand.Rand, x, noise []float32, snr float64) {
	if len(noise) == 0 {
		return
	}
	g := float32(math.Sqrt(Power(x) / math.Max(Power(noise), 1e-12) * math.Pow(10, -snr/10)))
	at := rng.IntN(len(noise))
	for i := range x {
		x[i] += g * noise[at]
		if at++; at == len(noise) {
			at = 0
		}
	}
}

// Coloured returns n samples of noise whose spectrum falls by about slope
// times 6 dB an octave: 0 is white, 1 brown.
func Coloured(rng *rand.Rand, n int, slope float64) []float32 {
	x := make([]float32, n)
	var low float64
	for i := range x {
		white := rng.NormFloat64()
		low = 0.98*low + 0.2*white
		x[i] = float32(0.1 * ((1-slope)*white + slope*low))
	}
	return x
}

// PhoneLine returns x as a telephone line delivers it: 300 to 3400 Hz, 8 kHz,
// 8-bit µ-law (G.711), back at 16 kHz.
func PhoneLine(x []float32) []float32 {
	y := append([]float32(nil), x...)
	for _, q := range []float64{0.541, 1.307} { // fourth-order Butterworth
		filter(y, highPass(300, q))
		filter(y, lowPass(3400, q))
	}
	half := make([]float32, len(y)/2)
	for i := range half {
		half[i] = muLaw(y[2*i])
	}
	z := dataset.Double(half)
	for len(z) < len(x) {
		z = append(z, 0)
	}
	return z
}

// muLaw rounds v to what 8 bits of µ-law can say.
func muLaw(v float32) float32 {
	const mu = 255
	a := math.Min(math.Abs(float64(v)), 1)
	code := math.Round(127 * math.Log1p(mu*a) / math.Log1p(mu))
	return float32(math.Copysign((math.Pow(1+mu, code/127)-1)/mu, float64(v)))
}

// biquad holds b0, b1, b2, a1, a2 of a second-order section.
type biquad [5]float64

// lowPass and highPass are the sections of R. Bristow-Johnson's Audio EQ
// Cookbook for a corner frequency in hertz and a quality.
func lowPass(hz, q float64) biquad {
	s, c := math.Sincos(2 * math.Pi * hz / dataset.Rate)
	alpha := s / (2 * q)
	n := 1 + alpha
	return biquad{(1 - c) / 2 / n, (1 - c) / n, (1 - c) / 2 / n, -2 * c / n, (1 - alpha) / n}
}

func highPass(hz, q float64) biquad {
	s, c := math.Sincos(2 * math.Pi * hz / dataset.Rate)
	alpha := s / (2 * q)
	n := 1 + alpha
	return biquad{(1 + c) / 2 / n, -(1 + c) / n, (1 + c) / 2 / n, -2 * c / n, (1 - alpha) / n}
}

// peaking raises or lowers the band around hz by gain decibels.
func peaking(hz, q, gain float64) biquad {
	s, c := math.Sincos(2 * math.Pi * hz / dataset.Rate)
	alpha, a := s/(2*q), math.Pow(10, gain/40)
	n := 1 + alpha/a
	return biquad{(1 + alpha*a) / n, -2 * c / n, (1 - alpha*a) / n, -2 * c / n, (1 - alpha/a) / n}
}

func filter(x []float32, f biquad) {
	var x1, x2, y1, y2 float64
	for i, v := range x {
		in := float64(v)
		y := f[0]*in + f[1]*x1 + f[2]*x2 - f[3]*y1 - f[4]*y2
		x1, x2, y1, y2 = in, x1, y, y1
		x[i] = float32(y)
	}
}

// Equalise gives x, in place, the colour of some microphone: three broad bands
// raised or lowered by up to span decibels.
func Equalise(rng *rand.Rand, x []float32, span float64) {
	for range 3 {
		hz := 150 * math.Pow(20, rng.Float64()) // 150 to 3000 Hz
		filter(x, peaking(hz, 0.5+rng.Float64(), span*(2*rng.Float64()-1)))
	}
}
