package embedding

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// sums is a network that tells what it was given: the sum of the first features of
// the frames, their number, and how often it has run.
type sums struct{ runs *int }

func (sums) Dim() int                { return 3 }
func (sums) Fingerprint() string     { return "sums" }
func (n sums) NewEmbedder() Embedder { return &sumsEmbedder{runs: n.runs} }

type sumsEmbedder struct {
	runs     *int
	features []float32
}

func (e *sumsEmbedder) Hear(parts ...[]float32) {
	*e.runs++
	e.features = slices.Concat(parts...)
}

func (e *sumsEmbedder) Forget() { e.features = nil }

func (e *sumsEmbedder) Embed(dst []float32, from, to int) {
	var sum float32
	for t := from; t < to; t++ {
		sum += e.features[t*features.BankSize]
	}
	dst[0], dst[1], dst[2] = sum, float32(to-from), 1
}

// testModel has two factors of three numbers.
func testModel(runs *int) *Model {
	f := features.Config{Ceps: 1, Filters: 2, LowHz: 100, HighHz: 3800, MelBank: features.BankSize}
	return &Model{Features: f, Net: sums{runs}, Mean: []float64{0.1, 0.2, 0.3}, P: []float64{1, 0, 2, 0, 3, 1},
		A: []float64{0.5, 1}, B: []float64{1, 2}, Phi: 0.5, WithinSpeakerVariance: 0.1, LengthExponent: 0.7, Threshold: -1, Slope: 1}
}

// sound has n frames whose first feature is value.
func sound(l model.Listener, m *Model, first int64, n int, value float64) *model.Sound {
	frames := make([]float64, n*m.Features.Dim())
	for t := range n {
		frames[t*m.Features.Dim()+m.Features.Ceps] = value
		frames[t*m.Features.Dim()] = 77 // a cepstrum, which is nobody's business here
	}
	s := l.Hear(frames, first)
	return &s
}

// TestPair checks the pair of an utterance against its definition.
func TestPair(t *testing.T) {
	runs := 0
	m := testModel(&runs)
	l := m.NewListener()
	s := m.Shape().NewStats()
	l.Pair(&s, slices.Values([]*model.Sound{sound(l, m, 0, 10, 0.5), sound(l, m, 10, 10, 1)}))
	e := []float64{15, 20, 1}
	floats.Scale(1/floats.Norm(e, 2), e)
	floats.Sub(e, m.Mean)
	y := []float64{e[0] + 2*e[2], 3*e[1] + e[2]}
	for i := range y {
		w := 0.5 / (m.A[i] + m.B[i]/0.2)
		if math.Abs(s.DInv[i]-w) > 1e-12 || math.Abs(s.D[i]-w*y[i]) > 1e-6 {
			t.Errorf("factor %d: d %v and D⁻¹ %v, expected %v and %v", i, s.D[i], s.DInv[i], w*y[i], w)
		}
	}
	if s.N != 20 {
		t.Errorf("%v frames, expected 20", s.N)
	}
	l.Pair(&s, slices.Values([]*model.Sound{}))
	if s.N != 0 || floats.Norm(s.D, 2) != 0 || floats.Norm(s.DInv, 2) != 0 {
		t.Errorf("the pair of nothing is %v", s)
	}
}

// TestScoreIsTheIntegral compares the closed form with ∫ p(y|A) p(y|B) / p(y) dy,
// one dimension at a time by the trapezoidal rule.
func TestScoreIsTheIntegral(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	m := testModel(new(int))
	m.WithinSpeakerVariance, m.LengthExponent = 0, 0
	s := m.NewScorer()
	for range 50 {
		a, b := m.Shape().NewVoice(), m.Shape().NewVoice()
		a.Stats.N, b.Stats.N = 100, 300
		for i := range 2 {
			a.Stats.DInv[i], b.Stats.DInv[i] = 5*rng.Float64(), 5*rng.Float64()
			a.Stats.D[i], b.Stats.D[i] = 3*rng.NormFloat64(), 3*rng.NormFloat64()
		}
		s.Update(&a)
		s.Update(&b)
		var want float64
		for i := range 2 {
			likelihood := func(v model.Voice, y float64) float64 {
				return math.Exp(v.Stats.D[i]*y - v.Stats.DInv[i]*y*y/2 - y*y/2)
			}
			var both, onlyA, onlyB, prior float64
			const step = 1e-3
			for y := -12.0; y < 12; y += step {
				pa, pb, p := likelihood(a, y), likelihood(b, y), math.Exp(-y*y/2)
				both += pa * pb / p * step
				onlyA, onlyB, prior = onlyA+pa*step, onlyB+pb*step, prior+p*step
			}
			want += math.Log(both * prior / (onlyA * onlyB))
		}
		if got := s.Score(&a, &b); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
			t.Fatalf("score %v, the integral is %v", got, want)
		}
		if s.Score(&a, &b) != s.Score(&b, &a) || s.Bound(&a, &b) != s.Score(&a, &b) {
			t.Fatal("the score depends on the order, or its bound is not it")
		}
	}
}

// TestWithinSpeakerVariance holds it against its definition: what <d, D⁻¹> says of y when it
// was made by y + z, z ~ N(0, ε), has the precision D⁻¹ / (1 + ε D⁻¹).
func TestWithinSpeakerVariance(t *testing.T) {
	loose, tight := testModel(new(int)), testModel(new(int))
	loose.WithinSpeakerVariance, tight.WithinSpeakerVariance = 0.25, 0
	loose.LengthExponent, tight.LengthExponent = 0, 0
	voice := func(d, p float64) model.Voice {
		v := loose.Shape().NewVoice()
		v.Stats.N = 100
		v.Stats.D[0], v.Stats.DInv[0] = d, p
		return v
	}
	a, b := voice(3, 8), voice(-1, 2)
	x, y := voice(3.0/3, 8.0/3), voice(-1/1.5, 2/1.5)
	if got, want := loose.NewScorer().Score(&a, &b), tight.NewScorer().Score(&x, &y); math.Abs(got-want) > 1e-12 {
		t.Errorf("score %v with it, expected %v", got, want)
	}
}

// TestMomentsAreParts divides an utterance into moments: each is the pair of its
// stretch, the network runs once, and parts that are then asked for cost no more.
func TestMomentsAreParts(t *testing.T) {
	runs := 0
	m := testModel(&runs)
	l := m.NewListener()
	var all []*model.Sound
	for i := range 7 {
		all = append(all, sound(l, m, int64(100+10*i), 10, float64(i)))
	}
	whole, part := m.Shape().NewStats(), m.Shape().NewStats()
	l.Pair(&whole, slices.Values(all))
	at := 0
	l.Moments(slices.Values(all), 3, func(first *model.Sound, moment *model.Moment) {
		n := min(3, len(all)-at)
		if first != all[at] {
			t.Errorf("moment begins at frame %d, expected %d", first.First, all[at].First)
		}
		runsBefore := runs
		l.Pair(&part, slices.Values(all[at:at+n]))
		if runs != runsBefore {
			t.Errorf("a part of an utterance has run the network")
		}
		for i := range part.D {
			if float32(part.D[i]) != moment.D[i] || float32(part.DInv[i]) != moment.DInv[i] {
				t.Errorf("moment %v, the pair of its stretch is %v", *moment, part)
			}
		}
		at += n
	})
	if at != len(all) || runs != 1 {
		t.Errorf("%d sounds in moments and %d runs, expected %d and 1", at, runs, len(all))
	}
	// Once more has been heard, a part is an utterance of its own.
	sound(l, m, 170, 10, 1)
	l.Pair(&part, slices.Values(all[1:3]))
	if runs != 2 {
		t.Errorf("%d runs, expected 2", runs)
	}
}

// TestForget makes a listener forget what it computed. The pairs stay the same, and the network
// keeps nothing in between.
func TestForget(t *testing.T) {
	runs := 0
	m := testModel(&runs)
	l := m.NewListener().(*listener)
	a, b := sound(l, m, 0, 10, 1), sound(l, m, 10, 10, 2)
	before, after := m.Shape().NewStats(), m.Shape().NewStats()
	l.Pair(&before, slices.Values([]*model.Sound{a, b}))
	for _, forget := range []func(){l.Forget, func() { sound(l, m, 20, 10, 3) }} {
		forget()
		if kept := l.net.(*sumsEmbedder).features; kept != nil {
			t.Errorf("%d features are kept", len(kept))
		}
		l.Pair(&after, slices.Values([]*model.Sound{a, b}))
		if !floats.Equal(before.D, after.D) || !floats.Equal(before.DInv, after.DInv) {
			t.Errorf("pair %v, was %v", after, before)
		}
	}
	if runs != 3 {
		t.Errorf("%d runs, expected 3", runs)
	}
}

// TestHoles has an utterance of which frames are left out: its pair is that of the
// rest, whatever was kept of another run.
func TestHoles(t *testing.T) {
	runs := 0
	m := testModel(&runs)
	l := m.NewListener()
	a, b, c := sound(l, m, 0, 10, 1), sound(l, m, 10, 10, 50), sound(l, m, 20, 10, 2)
	got, want := m.Shape().NewStats(), m.Shape().NewStats()
	l.Moments(slices.Values([]*model.Sound{a, b, c}), 1, func(*model.Sound, *model.Moment) {})
	l.Pair(&got, slices.Values([]*model.Sound{a, c}))
	l.Pair(&want, slices.Values([]*model.Sound{sound(l, m, 40, 10, 1), sound(l, m, 50, 10, 2)}))
	if !floats.Equal(got.D, want.D) || got.N != want.N {
		t.Errorf("%v, expected %v", got, want)
	}
}

func TestValidate(t *testing.T) {
	if err := testModel(new(int)).Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Model){
		"mean": func(m *Model) { m.Mean = m.Mean[:2] }, "P": func(m *Model) { m.P[1] = math.NaN() },
		"a": func(m *Model) { m.A[0] = 0 }, "b": func(m *Model) { m.B[1] = -1 }, "phi": func(m *Model) { m.Phi = 0 },
		"factors": func(m *Model) { m.A = nil }, "network": func(m *Model) { m.Net = nil },
		"slack": func(m *Model) { m.WithinSpeakerVariance = math.Inf(1) }, "slope": func(m *Model) { m.Slope = 0 },
	} {
		m := testModel(new(int))
		if spoil(m); !errors.Is(m.Validate(), model.ErrModel) {
			t.Errorf("%s: error %v, expected ErrModel", name, m.Validate())
		}
	}
	m := testModel(new(int))
	m.Features.MelBank = 0
	if err := m.Validate(); !errors.Is(err, model.ErrModel) {
		t.Errorf("no mel bank: error %v", err)
	}
}

// TestFingerprint changes every part of a model.
func TestFingerprint(t *testing.T) {
	seen := map[string]string{testModel(new(int)).Fingerprint(): "nothing"}
	for name, change := range map[string]func(*Model){
		"mean": func(m *Model) { m.Mean[0]++ }, "P": func(m *Model) { m.P[5]++ }, "a": func(m *Model) { m.A[1]++ }, "b": func(m *Model) { m.B[1]++ },
		"phi": func(m *Model) { m.Phi /= 2 }, "slack": func(m *Model) { m.WithinSpeakerVariance /= 2 }, "length": func(m *Model) { m.LengthExponent /= 2 },
		"threshold": func(m *Model) { m.Threshold /= 2 }, "slope": func(m *Model) { m.Slope /= 2 }, "features": func(m *Model) { m.Features.LowHz++ },
	} {
		m := testModel(new(int))
		change(m)
		if other, ok := seen[m.Fingerprint()]; ok {
			t.Errorf("%s and %s have the same fingerprint", name, other)
		}
		seen[m.Fingerprint()] = name
	}
}
