package lab

import (
	"math"
	"math/rand/v2"
	"slices"
)

// pick chooses a bed of the list that is not left out.
func (c Composer) pick(r *rand.Rand, list []string) string {
	for range 20 {
		if k := list[r.IntN(len(list))]; !slices.Contains(c.Without, k) {
			return k
		}
	}
	return "coloured"
}

// Bed is n samples of a kind of background, with a mean square of 1.
func (c Composer) Bed(r *rand.Rand, kind string, n int) []float32 {
	switch kind {
	case "recorded":
		if x := c.recorded(r, n); x != nil {
			return x
		}
		return Coloured(r, n, 1, 0.3)
	case "hum":
		return Periodic(r, n, []float64{50, 60}[r.IntN(2)], 0)
	case "motor":
		x := Periodic(r, n, 20*math.Exp(3*r.Float64()), 0.01*r.Float64()*r.Float64())
		addScaled(x, Coloured(r, n, 2*r.Float64(), 0.2), float32(r.Float64()))
		return normal(x)
	case "clicks":
		return Clicks(r, n, 0.5*math.Exp(3*r.Float64()))
	case "tones":
		return Tones(r, n)
	case "gusts":
		return Gusts(r, n)
	case "breaths":
		return Breaths(r, n)
	case "thumps":
		return Thumps(r, n)
	case "laughter":
		return c.laughter(r, n)
	case "music":
		return Music(r, n)
	case "babble":
		return c.babble(r, n)
	}
	return Coloured(r, n, 2.5*r.Float64(), 0.5*r.Float64()*r.Float64())
}

// recorded is a stretch of a recorded noise, played faster or slower, its bass and
// treble turned up or down.
func (c Composer) recorded(r *rand.Rand, n int) []float32 {
	var names []string
	for name := range c.Corpus.Noises {
		if !slices.Contains(c.Without, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	src := c.Corpus.Noises[names[r.IntN(len(names))]]
	speed := math.Exp2(0.5 * r.NormFloat64())
	at := r.Float64() * float64(len(src))
	x := make([]float32, n)
	for i := range x {
		k := int(at)
		a, b := src[k%len(src)], src[(k+1)%len(src)]
		x[i] = a + float32(at-float64(k))*(b-a)
		if at += speed; at >= float64(len(src)) {
			at -= float64(len(src))
		}
	}
	shelve(x, 200*math.Exp(2*r.Float64()), 6*r.NormFloat64())
	return normal(x)
}

// babble is 6 to 12 voices at once, none of which can be followed.
func (c Composer) babble(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for range 6 + r.IntN(7) {
		for at := 0; at < n; {
			u := c.Corpus.Utterances[r.IntN(len(c.Corpus.Utterances))]
			g := float32(math.Sqrt(1 / max(1e-9, power(u.Samples))))
			addScaled(x[at:], u.Samples, g)
			at += max(Rate, len(u.Samples))
		}
	}
	if r.IntN(2) == 0 {
		x = convolve(x, randomRoom(r))[:n]
	}
	return normal(x)
}

// shelve raises what lies below hz by db against what lies above.
func shelve(x []float32, hz, db float64) {
	a, g, low := float32(1-math.Exp(-2*math.Pi*hz/Rate)), gain(db)-1, float32(0)
	for i, v := range x {
		low += a * (v - low)
		x[i] = v + g*low
	}
}

// laughter is a burst of like syllables, five or so a second, each with a breath
// behind it. References of what is said do not have it.
func (c Composer) laughter(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	u := c.Corpus.Utterances[r.IntN(len(c.Corpus.Utterances))].Samples
	length := int((0.06 + 0.08*r.Float64()) * Rate)
	if len(u) < 3*length {
		return Breaths(r, n)
	}
	best, at := 0.0, 0 // the loudest syllable of some places
	for range 12 {
		k := r.IntN(len(u) - 2*length)
		if p := power(u[k : k+length]); p > best {
			best, at = p, k
		}
	}
	period := length + int((0.04+0.1*r.Float64())*Rate)
	breath := Coloured(r, period, 1.5*r.Float64(), 0)
	airy := float32(math.Sqrt(best) * 0.5 * r.Float64())
	speed, fall := 0.9+0.6*r.Float64(), 0.9+0.1*r.Float64()
	g := float32(1)
	for start := 0; start < n; start += period {
		for i := range min(period, n-start) {
			v := airy * breath[i] * float32(math.Sin(math.Pi*float64(i)/float64(period)))
			if k := at + int(float64(i)*speed); i < length && k < len(u) {
				v += u[k] * float32(math.Sin(math.Pi*float64(i)/float64(length)))
			}
			x[start+i] += g * v
		}
		g *= float32(fall)
		speed *= 0.98 + 0.03*r.Float64()
	}
	return normal(x)
}
