package mix

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const mixRate = 8000

// speech is noise in bursts of some hundred milliseconds with a faint noise between
// them, of the given length in seconds.
func speech(seed uint64, seconds float64, level float32) []float32 {
	rng := rand.New(rand.NewPCG(seed, 7))
	x := make([]float32, int(seconds*mixRate))
	loud, left := false, 0
	for i := range x {
		if left--; left < 0 {
			loud, left = !loud, mixRate/10+rng.IntN(mixRate/3)
		}
		x[i] = level * float32(rng.NormFloat64()) / 100
		if loud {
			x[i] *= 30
		}
	}
	return x
}

// hum is a tone of 50 Hz with overtones.
func hum(seconds float64, level float32) []float32 {
	x := make([]float32, int(seconds*mixRate))
	for i := range x {
		for k := 1.; k < 8; k++ {
			x[i] += level * float32(math.Sin(2*math.Pi*50*k*float64(i)/mixRate)/k)
		}
	}
	return x
}

// noise is steady.
func noise(seed uint64, seconds float64, level float32) []float32 {
	rng := rand.New(rand.NewPCG(seed, 8))
	x := make([]float32, int(seconds*mixRate))
	for i := range x {
		x[i] = level * float32(rng.NormFloat64())
	}
	return x
}

// scaled is x times k.
func scaled(x []float32, k float32) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		y[i] = k * x[i]
	}
	return y
}

func sum(x ...[]float32) []float32 {
	y := slices.Clone(x[0])
	for _, z := range x[1:] {
		for i := range z {
			y[i] += z[i]
		}
	}
	return y
}

// frames interleaves channels.
func frames(channels ...[]float32) (all []float32) {
	for i := range channels[0] {
		for _, x := range channels {
			all = append(all, x[i])
		}
	}
	return all
}

func mixed(channels ...[]float32) ([]float32, *Mixer) {
	m := New(mixRate, len(channels))
	mono := make([]float32, len(channels[0]))
	m.Mix(mono, frames(channels...))
	return mono, m
}

// power is in decibels.
func power(x []float32) float64 {
	p := 1e-12
	for _, v := range x {
		p += float64(v) * float64(v)
	}
	return 10 * math.Log10(p/float64(len(x)))
}

// without is the power of x that is no multiple of y, in decibels.
func without(x, y []float32) float64 {
	var xy, yy float64
	for i := range x {
		xy += float64(x[i]) * float64(y[i])
		yy += float64(y[i]) * float64(y[i])
	}
	return power(sum(x, scaled(y, float32(-xy/yy))))
}

// TestMixIsTheMean holds that the mix of a proper recording is the mean.
func TestMixIsTheMean(t *testing.T) {
	a, b := speech(1, 20, .1), speech(2, 20, .1)
	silence := make([]float32, len(a))
	for name, channels := range map[string][][]float32{
		"the same":              {a, a},
		"two people":            {a, b},
		"one of them fainter":   {a, scaled(b, .03)},
		"a silent channel":      {a, silence},
		"nothing":               {silence, silence},
		"a faint line noise":    {a, sum(scaled(b, .3), noise(3, 20, .002))},
		"a fan in both":         {sum(a, noise(3, 20, .05)), sum(scaled(a, .8), noise(4, 20, .05))},
		"a delay":               {a, append(make([]float32, 7), a[7:]...)},
		"three":                 {a, b, sum(a, b)},
		"opposite hums":         {sum(a, hum(20, .1)), sum(a, hum(20, -.1))},
		"hums alone":            {hum(20, .1), hum(20, .01)},
		"more than are mixed":   {a, b, a, b, a, b, scaled(a, -1), scaled(b, -1), silence},
		"opposite but faint":    {a, scaled(a, -.005)},
		"a voice and its echo":  {sum(a, scaled(b, .3)), sum(b, scaled(a, .3))},
		"a hum far below":       {a, hum(20, .0003)},
		"mono, which is no mix": {a},
	} {
		got, m := mixed(channels...)
		want := make([]float32, len(a))
		mean(want, frames(channels...), len(channels))
		if !slices.Equal(got, want) || len(m.Notes()) > 0 {
			t.Errorf("%s: not the mean, %v", name, m.Notes())
		}
	}
}

// TestOppositePhase: after the first moments, sound on both channels is heard with either wiring of the cable.
func TestOppositePhase(t *testing.T) {
	a, b := speech(1, 20, .1), speech(2, 20, .1)
	for name, channels := range map[string][][]float32{
		"opposite":             {a, scaled(a, -1)},
		"one is fainter":       {a, scaled(a, -.3)},
		"noise on both":        {sum(a, noise(3, 20, .003)), sum(scaled(a, -1), noise(4, 20, .003))},
		"two people":           {sum(a, scaled(b, .5)), sum(scaled(a, -.5), scaled(b, -1))},
		"three of four":        {a, scaled(a, -1), a, scaled(a, -1)},
		"beside silent ones":   {a, scaled(a, -1), make([]float32, len(a)), make([]float32, len(a))},
		"a low hum in phase":   {sum(a, hum(20, .002)), sum(scaled(a, -1), hum(20, .002))},
		"the first is silence": {make([]float32, len(a)), a, scaled(a, -1)},
	} {
		got, m := mixed(channels...)
		skip := mixRate / 2
		loss := power(channels[0][skip:])
		if name == "the first is silence" {
			loss = power(a[skip:])
		}
		loss -= power(got[skip:])
		said := strings.Join(m.Notes(), "; ")
		if m.News() != len(m.Notes()) {
			t.Errorf("%s: %d news, %v", name, m.News(), m.Notes())
		}
		if most := 20*math.Log10(float64(len(channels))) + .5; loss > most || !strings.Contains(said, "opposite phase") {
			t.Errorf("%s: %.1f dB lost, said: %q", name, loss, said)
		}
		t.Logf("%s: %.1f dB lost, %s", name, loss, said)
	}
}

// TestHumOnTheOtherChannel: a channel with steady noise that covers the speech of another one is left out. Later
// speech on that channel is heard at once.
func TestHumOnTheOtherChannel(t *testing.T) {
	a := speech(1, 30, .1)
	late := append(make([]float32, 20*mixRate), speech(2, 10, .3)...)
	for name, other := range map[string][]float32{
		"hum":                     hum(30, .3),
		"a faint hum":             hum(30, .03),
		"noise":                   noise(3, 30, .1),
		"a constant":              scaled(hum(30, 0), 0),
		"noise and later a voice": sum(noise(3, 30, .05), late),
	} {
		if name == "a constant" {
			for i := range other {
				other[i] = .2
			}
		}
		for _, order := range []string{"first", "second"} {
			channels := [][]float32{a, other}
			if order == "first" {
				channels = [][]float32{other, a}
			}
			got, m := mixed(channels...)
			from, to := 4*mixRate, 20*mixRate
			left := without(got[from:to], a[from:to])
			if before := power(scaled(other[from:to], .5)); left > before-20 || !strings.Contains(strings.Join(m.Notes(), ""), "steady noise") {
				t.Errorf("%s, %s channel: %.1f dB of noise left of %.1f, %v", name, order, left, before, m.Notes())
			}
			if !strings.Contains(name, "voice") {
				continue
			}
			lost := power(sum(got[20*mixRate:], scaled(a[20*mixRate:], -.5), scaled(other[20*mixRate:], -.5)))
			if want := power(other[20*mixRate:]); lost > want-20 {
				t.Errorf("%s: the voice is there at %.1f dB, %.1f of it lost", name, want, lost)
			}
		}
	}
}

// TestPortionsOfAMixChangeNothing, nor do they allocate.
func TestPortionsOfAMixChangeNothing(t *testing.T) {
	a := speech(1, 4, .1)
	all := frames(sum(a, noise(1, 4, .001)), sum(scaled(a, -1), noise(5, 4, .02)), hum(4, .2))
	want := make([]float32, len(a))
	New(mixRate, 3).Mix(want, all)
	rapid.Check(t, func(t *rapid.T) {
		m := New(mixRate, 3)
		got := make([]float32, len(a))
		for at := 0; at < len(got); {
			n := min(rapid.IntRange(1, 3000).Draw(t, "frames"), len(got)-at)
			m.Mix(got[at:at+n], all[3*at:])
			at += n
		}
		if !slices.Equal(got, want) {
			t.Fatal("portions changed the mix")
		}
	})
	m := New(mixRate, 3)
	if n := testing.AllocsPerRun(20, func() { m.Mix(want, all) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func BenchmarkMix(b *testing.B) {
	all := make([]float32, 2*48000)
	for i := range all {
		all[i] = float32(math.Sin(float64(i)))
	}
	m, mono := New(48000, 2), make([]float32, 48000)
	for b.Loop() {
		m.Mix(mono, all)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/s-audio")
}
