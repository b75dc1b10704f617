package lab

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/dsp/fourier"
)

// fromDirect cuts an impulse response before its direct sound and scales that to 1.
func fromDirect(x []float32) []float32 {
	at := 0
	for i, v := range x {
		if abs(v) > abs(x[at]) {
			at = i
		}
	}
	y := make([]float32, len(x)-at)
	for i, v := range x[at:] {
		y[i] = v / x[at]
	}
	return y
}

// randomRoom is noise that decays by 60 dB in 0.1 to 0.9 s behind a direct sound.
func randomRoom(r *rand.Rand) []float32 {
	rt := 0.1 + 0.8*r.Float64()
	n := int(rt * Rate)
	h := make([]float32, n)
	var power float64
	low := 0.0
	for i := Rate / 400; i < n; i++ {
		v := r.NormFloat64() * math.Exp(-6.9*float64(i)/float64(n))
		low += 0.5 * (v - low)
		h[i] = float32(low)
		power += low * low
	}
	// The reverberation carries -12 to 6 dB of the direct sound's energy.
	g := float32(math.Sqrt(decibels(-12+18*r.Float64()) / power))
	for i := range h {
		h[i] *= g
	}
	h[0] = 1
	return h
}

// convolve returns x filtered by h, as long as x and h together.
func convolve(x, h []float32) []float32 {
	n := 1
	for n < len(x)+len(h) {
		n *= 2
	}
	f := fourier.NewFFT(n)
	a := f.Coefficients(nil, widen(x, n))
	b := f.Coefficients(nil, widen(h, n))
	for i := range a {
		a[i] *= b[i]
	}
	y := make([]float32, len(x)+len(h))
	for i, v := range f.Sequence(nil, a)[:len(y)] {
		y[i] = float32(v / float64(n))
	}
	return y
}

func widen(x []float32, n int) []float64 {
	y := make([]float64, n)
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func abs(x float32) float32 { return float32(math.Abs(float64(x))) }

// decibels turns decibels into a ratio of powers.
func decibels(db float64) float64 { return math.Pow(10, db/10) }

// gain turns decibels into a factor for samples.
func gain(db float64) float32 { return float32(math.Pow(10, db/20)) }

// power is the mean square of x.
func power(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum / float64(max(1, len(x)))
}
