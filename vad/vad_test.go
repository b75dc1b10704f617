package vad_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/vad"
	"pgregory.net/rapid"
)

func newDetector(t testing.TB) *vad.Detector {
	d, err := vad.New(vad.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// babble is a few seconds of pulses and noise with silences between: something
// for every branch of the detector.
func babble(seconds float64, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, int(seconds*16000))
	for i := 0; i < len(x); {
		n := min(len(x)-i, 1600+r.IntN(16000))
		seg := x[i : i+n]
		switch gain := float32(math.Pow(10, -3*r.Float64())); r.IntN(3) {
		case 0:
			vowel(seg, 80+200*r.Float64(), gain)
		case 1:
			for k := range seg {
				seg[k] = gain * float32(r.NormFloat64()) * 0.1
			}
		}
		i += n
	}
	return x
}

// vowel fills x with syllables of 0.2 s at the given pitch, one vowel after the
// other: pulses through two resonances, the peak at gain.
func vowel(x []float32, pitch float64, gain float32) {
	formants := [][2]float64{{700, 1200}, {300, 2200}, {500, 900}, {400, 1900}, {600, 1000}}
	phase, y := 0.0, [2][2]float64{}
	peak := 1e-9
	out := make([]float64, len(x))
	for i := range x {
		t := float64(i) / 16000
		syllable := math.Mod(t, 0.2) / 0.2
		in := 0.0
		if phase += pitch * (1 + 0.1*math.Sin(2*math.Pi*2.5*t)) / 16000; phase >= 1 {
			phase--
			in = math.Sin(math.Pi * syllable)
		}
		for k, hz := range formants[int(t/0.2)%len(formants)] {
			rad := math.Exp(-math.Pi * 90 / 16000)
			v := in + 2*rad*math.Cos(2*math.Pi*hz/16000)*y[k][0] - rad*rad*y[k][1]
			y[k][1], y[k][0] = y[k][0], v
			out[i] += v
		}
		peak = max(peak, math.Abs(out[i]))
	}
	for i, v := range out {
		x[i] = gain * float32(v/peak)
	}
}

func TestBlockSizesDoNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := babble(2, rapid.Uint64().Draw(rt, "seed"))
		d := newDetector(t)
		want := d.Push(nil, x)
		if n := max(0, len(x)/vad.Hop-d.Delay()); len(want) != n {
			rt.Fatalf("%d decisions of %d frames, delay %d", len(want), len(x)/vad.Hop, d.Delay())
		}
		want = d.Flush(want)
		if n := (len(x) + vad.Hop - 1) / vad.Hop; len(want) != n {
			rt.Fatalf("%d decisions of %d frames", len(want), n)
		}
		d.Reset()
		var got []vad.Decision
		for rest := x; len(rest) > 0; {
			n := min(len(rest), rapid.IntRange(0, 1000).Draw(rt, "block"))
			got = d.Push(got, rest[:n])
			rest = rest[n:]
		}
		if got = d.Flush(got); !slices.Equal(got, want) {
			rt.Fatal("decisions differ")
		}
	})
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	d := newDetector(t)
	x := babble(1, 3)
	out := d.Push(nil, x)
	if n := testing.AllocsPerRun(20, func() { out = d.Push(out[:0], x) }); n != 0 {
		t.Errorf("%v allocations per second of audio", n)
	}
}

func TestInvalidConfig(t *testing.T) {
	for _, c := range []vad.Config{{Threshold: math.NaN()}, {Hangover: -2}, {Before: 1e6}, {MinSpeech: -7}} {
		if _, err := vad.New(c); !errors.Is(err, vad.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func BenchmarkPush(b *testing.B) {
	d := newDetector(b)
	x := babble(10, 3)
	out := d.Push(nil, x)
	b.ReportAllocs()
	for b.Loop() {
		out = d.Push(out[:0], x)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10, "ns/s_of_audio")
}
