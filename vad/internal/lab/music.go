package lab

import (
	"math"
	"math/rand/v2"
)

// Music is a made-up piece: chords and a melody of steady notes on a scale, with
// overtones and plucked or bowed envelopes, and sometimes drums.
func Music(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	beat := 0.2 + 0.5*r.Float64()
	root := 55 * math.Exp2(2*r.Float64())
	scale := [][]int{{0, 2, 4, 5, 7, 9, 11}, {0, 2, 3, 5, 7, 8, 10}, {0, 2, 4, 7, 9}}[r.IntN(3)]
	voices := 1 + r.IntN(3)
	for v := range voices {
		t := newTimbre(r)
		step, octave := r.IntN(len(scale)), 1+r.IntN(3)
		loud := float32(math.Exp(0.4 * r.NormFloat64()))
		for at := 0.0; at < float64(n)/Rate; {
			length := beat * math.Exp2(float64(r.IntN(3)-1))
			if v > 0 {
				length *= 2
			}
			step = (step + r.IntN(5) - 2 + len(scale)) % len(scale)
			if r.IntN(8) > 0 {
				chord := 1
				if v > 0 {
					chord = 1 + r.IntN(3)
				}
				for c := range chord {
					note := scale[(step+2*c)%len(scale)] + 12*octave
					t.play(r, x, at, length, root*math.Exp2(float64(note-12)/12), loud)
				}
			}
			at += length
		}
	}
	if r.IntN(2) == 0 {
		drum(r, x, beat)
	}
	return normal(x)
}

type timbre struct {
	amp            []float64
	attack, decay  float64
	vibrato, speed float64
}

func newTimbre(r *rand.Rand) timbre {
	t := timbre{amp: make([]float64, 12), attack: 0.003 * math.Exp(3*r.Float64()), decay: 0.1 * math.Exp(3*r.Float64()), speed: 4 + 3*r.Float64()}
	if r.IntN(3) == 0 {
		t.vibrato = 0.015 * r.Float64()
	}
	fall := 0.3 + 1.5*r.Float64()
	for k := range t.amp {
		t.amp[k] = math.Pow(float64(k+1), -fall) * math.Exp(0.5*r.NormFloat64())
	}
	return t
}

func (t timbre) play(r *rand.Rand, x []float32, at, length, hz float64, loud float32) {
	start, end := int(at*Rate), int((at+length)*Rate)
	var table [1024]float32
	for k, a := range t.amp {
		if hz*float64(k+1) > 7000 {
			break
		}
		p := 2 * math.Pi * r.Float64()
		for i := range table {
			table[i] += float32(a * math.Sin(p+2*math.Pi*float64((k+1)*i)/1024))
		}
	}
	phase := 0.0
	for i := start; i < min(end, len(x)); i++ {
		s := float64(i-start) / Rate
		phase += hz * (1 + t.vibrato*math.Sin(2*math.Pi*t.speed*s)) / Rate
		phase -= math.Floor(phase)
		env := min(1, s/t.attack, float64(end-i)/200) * math.Exp(-s/t.decay)
		x[i] += loud * float32(env) * table[int(phase*1024)]
	}
}

func drum(r *rand.Rand, x []float32, beat float64) {
	g := 0.5 + 2*r.Float64()
	for k := 0; ; k++ {
		start := int(float64(k) * beat * Rate)
		if start >= len(x) {
			return
		}
		decay, hz, noise := 0.03, 0.0, 1.0
		if k%2 == 0 {
			decay, hz, noise = 0.08, 50+40*r.Float64(), 0.1
		}
		for i := start; i < min(len(x), start+int(5*decay*Rate)); i++ {
			t := float64(i-start) / Rate
			x[i] += float32(g * math.Exp(-t/decay) * (math.Sin(2*math.Pi*hz*t) + noise*r.NormFloat64()))
		}
	}
}
