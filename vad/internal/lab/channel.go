package lab

import (
	"math"
	"math/rand/v2"
)

// channel is what lies between the sound and its samples: a frequency response, a
// telephone line, a level, clipping, gating of silence and 16-bit samples.
func channel(r *rand.Rand, x []float32, telephone bool, speech []bool) []float32 {
	if r.IntN(2) == 0 {
		shelve(x, 150*math.Exp(3*r.Float64()), 5*r.NormFloat64())
	}
	if telephone {
		line(r, x)
		if r.IntN(6) == 0 {
			gate(x, speech)
		}
	}
	peak := 1e-9
	for _, v := range x {
		peak = max(peak, math.Abs(float64(v)))
	}
	g := gain(-50*r.Float64()*r.Float64()) / float32(peak) // the peak at 0 to -50 dBFS
	if r.IntN(10) == 0 {
		g *= 4
	}
	offset := float32(0)
	if r.IntN(10) == 0 {
		offset = 0.02 * float32(r.NormFloat64())
	}
	sixteen := r.IntN(3) > 0
	for i, v := range x {
		v = max(-1, min(1, g*v+offset))
		if sixteen {
			v = float32(math.Round(float64(v)*32767)) / 32767
		}
		x[i] = v
	}
	return x
}

// line is a telephone line: 250 to 3400 Hz and eight logarithmic bits.
func line(r *rand.Rand, x []float32) {
	low := 100 + 200*r.Float64()
	high := 3200 + 500*r.Float64()
	for range 2 {
		biquad(x, low, true)
		biquad(x, high, false)
		biquad(x, high, false)
	}
	if r.IntN(3) == 0 {
		return
	}
	peak := float32(1e-9)
	for _, v := range x {
		peak = max(peak, abs(v))
	}
	peak *= float32(math.Exp(2 * r.Float64()))
	const mu = 255
	for i, v := range x {
		m := math.Log1p(mu*float64(abs(v)/peak)) / math.Log1p(mu)
		m = math.Expm1(math.Round(m*127)/127*math.Log1p(mu)) / mu
		x[i] = peak * float32(math.Copysign(m, float64(v)))
	}
}

// gate sends nothing at all from 0.2 s after speech until it begins again.
func gate(x []float32, speech []bool) {
	quiet := 20
	for i, s := range speech {
		if s || i+3 < len(speech) && speech[i+3] {
			quiet = 0
		} else if quiet++; quiet > 20 {
			clear(x[i*hop : min(len(x), (i+1)*hop)])
		}
	}
}

// biquad is a second-order Butterworth high- or low-pass.
func biquad(x []float32, hz float64, high bool) {
	w := 2 * math.Pi * hz / Rate
	alpha, c := math.Sin(w)/math.Sqrt2, math.Cos(w)
	b0, b1 := (1-c)/2, 1-c
	if high {
		b0, b1 = (1+c)/2, -(1 + c)
	}
	a0, a1, a2 := 1+alpha, -2*c, 1-alpha
	var x1, x2, y1, y2 float64
	for i, v := range x {
		y := (b0*float64(v) + b1*x1 + b0*x2 - a1*y1 - a2*y2) / a0
		x2, x1, y2, y1 = x1, float64(v), y1, y
		x[i] = float32(y)
	}
}
