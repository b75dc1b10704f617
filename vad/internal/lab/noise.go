package lab

import (
	"math"
	"math/rand/v2"
)

// Coloured is noise whose spectrum falls by tilt (0 white, 1 pink-like, 2 brown)
// with an unevenness that is its own, its level swaying slowly when sway > 0.
func Coloured(r *rand.Rand, n int, tilt, sway float64) []float32 {
	x := make([]float32, n)
	// Poles an octave and a half apart, weighted, make a slope between them.
	type pole struct{ y, a, w float64 }
	poles := make([]pole, 8)
	for i := range poles {
		hz := 7000 * math.Pow(0.42, float64(i))
		a := 1 - math.Exp(-2*math.Pi*hz/Rate)
		poles[i] = pole{a: a, w: math.Pow(7000/hz, tilt/2) * math.Exp(0.4*r.NormFloat64())}
	}
	var drift, level float64
	for i := range x {
		w, v := r.NormFloat64(), 0.0
		for k := range poles {
			p := &poles[k]
			p.y += p.a * (w - p.y)
			v += p.w * p.y
		}
		if i%hop == 0 {
			drift = 0.98*drift + 0.2*r.NormFloat64()
			level = math.Exp(sway * drift)
		}
		x[i] = float32(v * level)
	}
	return normal(x)
}

// Periodic is a stationary periodic noise: mains hum, a motor, a fan's blades. Its
// harmonics fall off in their own ways and its frequency wanders by wander.
func Periodic(r *rand.Rand, n int, hz, wander float64) []float32 {
	x := make([]float32, n)
	const partials = 40
	amp, phase := make([]float64, partials), make([]float64, partials)
	for k := range amp {
		amp[k] = math.Exp(0.8*r.NormFloat64()-0.15*float64(k)) * math.Pow(float64(k+1), -r.Float64())
		phase[k] = 2 * math.Pi * r.Float64()
	}
	table := make([]float32, 4096)
	for k, a := range amp {
		if hz*float64(k+1) > 7500 {
			break
		}
		for i := range table {
			table[i] += float32(a * math.Sin(phase[k]+2*math.Pi*float64((k+1)*i)/float64(len(table))))
		}
	}
	at, bend := r.Float64(), 0.0
	for i := range x {
		if i%hop == 0 {
			bend = 0.97*bend + 0.24*wander*r.NormFloat64()
		}
		at += hz * (1 + bend) / Rate
		at -= math.Floor(at)
		x[i] = table[int(at*float64(len(table)))]
	}
	return normal(x)
}

// Clicks are keystrokes, knocks and ticks: short decaying resonances, rate of
// them a second, either even or in bursts.
func Clicks(r *rand.Rand, n int, rate float64) []float32 {
	x := make([]float32, n)
	even := r.IntN(3) == 0
	type voice struct{ hz, decay, noise float64 }
	voices := make([]voice, 3)
	for i := range voices {
		voices[i] = voice{100 * math.Exp(4*r.Float64()), 0.002 * math.Exp(3*r.Float64()), r.Float64()}
	}
	for at := 0.0; ; {
		if even {
			at += Rate / rate
		} else {
			at += Rate / rate * r.ExpFloat64()
		}
		start := int(at)
		if start >= n {
			return normal(x)
		}
		v, g, low := voices[r.IntN(len(voices))], math.Exp(0.5*r.NormFloat64()), 0.0
		for i := start; i < min(n, start+int(6*v.decay*Rate)); i++ {
			t := float64(i-start) / Rate
			low += 0.5 * (r.NormFloat64() - low)
			x[i] += float32(g * math.Exp(-t/v.decay) * ((1-v.noise)*math.Sin(2*math.Pi*v.hz*t) + v.noise*low))
		}
	}
}

// Tones are beeps, dial and ring tones, keypad tones and chirps, with pauses.
func Tones(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	hz := [2]float64{200 * math.Exp(2.5*r.Float64()), 200 * math.Exp(2.5*r.Float64())}
	second := float64(r.IntN(2))
	sweep := 0.0
	if r.IntN(4) == 0 {
		sweep = r.NormFloat64()
	}
	keypad := r.IntN(4) == 0
	on, off := 0.05+1.5*r.Float64(), 0.05+2*r.Float64()
	if r.IntN(5) == 0 {
		off = 0
	}
	for start := 0; start < n; start += int((on + off) * Rate) {
		if keypad {
			hz = [2]float64{[]float64{697, 770, 852, 941}[r.IntN(4)], []float64{1209, 1336, 1477, 1633}[r.IntN(4)]}
		}
		var p0, p1 float64
		end := min(n, start+int(on*Rate))
		for i := start; i < end; i++ {
			bend := math.Exp(sweep * float64(i-start) / Rate)
			p0 += 2 * math.Pi * hz[0] * bend / Rate
			p1 += 2 * math.Pi * hz[1] * bend / Rate
			edge := min(1, float64(min(i-start, end-i))/80)
			x[i] = float32(edge * (math.Sin(p0) + second*math.Sin(p1)))
		}
	}
	return normal(x)
}

// Gusts are breaths, wind and rustling: bursts of noise that rise and fall.
func Gusts(r *rand.Rand, n int) []float32 {
	x := Coloured(r, n, 2.2*r.Float64(), 0)
	mean := 0.1 + 0.9*r.Float64()
	for i := 0; i < n; {
		on := int((0.5 + r.ExpFloat64()) * mean * Rate / 2)
		off := int((0.3 + r.ExpFloat64()) * mean * 2 * Rate)
		g := float32(math.Exp(0.5 * r.NormFloat64()))
		for k := i; k < min(n, i+on); k++ {
			x[k] *= g * float32(math.Sin(math.Pi*float64(k-i)/float64(on)))
		}
		clear(x[min(n, i+on):min(n, i+on+off)])
		i += on + off
	}
	return normal(x)
}

// Breaths are breaths at a close microphone: noise between some 300 Hz and 4 kHz
// that rises and falls within a second, with pauses.
func Breaths(r *rand.Rand, n int) []float32 {
	x := Coloured(r, n, 1.5*r.Float64(), 0)
	biquad(x, 150*math.Exp(1.6*r.Float64()), true)
	biquad(x, 1500*math.Exp(1.2*r.Float64()), false)
	for i := 0; i < n; {
		on, off := int((0.15+0.6*r.Float64())*Rate), int((0.1+1.5*r.ExpFloat64())*Rate)
		for k := i; k < min(n, i+on); k++ {
			x[k] *= float32(math.Pow(math.Sin(math.Pi*float64(k-i)/float64(on)), 2))
		}
		clear(x[min(n, i+on):min(n, i+on+off)])
		i += on + off
	}
	return normal(x)
}

// Thumps are hands on a table, steps and wind in a microphone: bursts of noise
// below some hundred hertz.
func Thumps(r *rand.Rand, n int) []float32 {
	x := Coloured(r, n, 2, 0)
	for range 2 {
		biquad(x, 60*math.Exp(1.6*r.Float64()), false)
	}
	for i := 0; i < n; {
		on, off := int((0.03+0.2*r.ExpFloat64())*Rate), int((0.03+0.3*r.ExpFloat64())*Rate)
		decay := float64(on) / (1 + 3*r.Float64())
		for k := i; k < min(n, i+on); k++ {
			x[k] *= float32(math.Exp(-float64(k-i) / decay))
		}
		clear(x[min(n, i+on):min(n, i+on+off)])
		i += on + off
	}
	return normal(x)
}

// normal scales x to a mean square of 1.
func normal(x []float32) []float32 {
	p := power(x)
	if p == 0 {
		return x
	}
	g := float32(1 / math.Sqrt(p))
	for i := range x {
		x[i] *= g
	}
	return x
}
