package baselines

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// property is a test of what every method must do.
type property interface {
	run(t *testing.T, m *eigenvoice.Model)
}

// each runs check for all methods.
func each(t *testing.T, m *eigenvoice.Model, check map[string]property) {
	for name, p := range check {
		t.Run(name, func(t *testing.T) { p.run(t, m) })
	}
}

type of[C Cluster[C]] struct {
	make  func(*eigenvoice.Model) Method[C]
	check func(*testing.T, *eigenvoice.Model, Method[C])
}

func (o of[C]) run(t *testing.T, m *eigenvoice.Model) { o.check(t, m, o.make(m)) }

// every gives each method the check of its type.
func every(
	gaussian func(*testing.T, *eigenvoice.Model, Method[*Gaussian]), mixture func(*testing.T, *eigenvoice.Model, Method[*Mixture]),
	voice func(*testing.T, *eigenvoice.Model, Method[*Voice]), point func(*testing.T, *eigenvoice.Model, Method[*Point]),
) map[string]property {
	return map[string]property{
		"GLR":           of[*Gaussian]{func(m *eigenvoice.Model) Method[*Gaussian] { return NewGaussians(m, 2, 0) }, gaussian},
		"BIC":           of[*Gaussian]{func(m *eigenvoice.Model) Method[*Gaussian] { return NewGaussians(m, testDim, 1) }, gaussian},
		"CLR":           of[*Mixture]{func(m *eigenvoice.Model) Method[*Mixture] { return NewCrossLikelihood(m, false) }, mixture},
		"CLR per frame": of[*Mixture]{func(m *eigenvoice.Model) Method[*Mixture] { return NewCrossLikelihood(m, true) }, mixture},
		"eigenvoices":   of[*Voice]{func(m *eigenvoice.Model) Method[*Voice] { return NewClosedForm(m, false, false) }, voice},
		"eigenchannels": of[*Voice]{func(m *eigenvoice.Model) Method[*Voice] { return NewClosedForm(m, true, false) }, voice},
		"whole rule":    of[*Voice]{func(m *eigenvoice.Model) Method[*Voice] { return NewClosedForm(m, true, true) }, voice},
		"EV":            of[*Point]{func(m *eigenvoice.Model) Method[*Point] { return NewEigenvoices(m, false) }, point},
		"EV cosine":     of[*Point]{func(m *eigenvoice.Model) Method[*Point] { return NewEigenvoices(m, true) }, point},
	}
}

func clusters[C Cluster[C]](method Method[C], utterances []Utterance) []C {
	out := make([]C, len(utterances))
	for i, u := range utterances {
		out[i] = method.Utterance(u)
	}
	return out
}

func close2(a, b float64) bool { return math.Abs(a-b) <= 1e-6*(1+math.Abs(a)+math.Abs(b)) }

func symmetry[C Cluster[C]](t *testing.T, m *eigenvoice.Model, method Method[C]) {
	all := clusters(method, meeting(rand.New(rand.NewPCG(10, 1)), m, 0, 1, 0, 2, 1, 3))
	for i, a := range all {
		for _, b := range all[:i] {
			if ab, ba := method.Score(a, b), method.Score(b, a); ab != ba || math.IsNaN(ab) {
				t.Errorf("%v one way, %v the other", ab, ba)
			}
		}
	}
}

func TestSymmetry(t *testing.T) {
	each(t, testModel(rand.New(rand.NewPCG(9, 1)), 2), every(symmetry[*Gaussian], symmetry[*Mixture], symmetry[*Voice], symmetry[*Point]))
}

// sums holds that a cluster is what all its frames give, in whatever order they
// were added, and that what is taken out leaves no trace.
func sums[C Cluster[C]](t *testing.T, m *eigenvoice.Model, method Method[C]) {
	parts := clusters(method, meeting(rand.New(rand.NewPCG(11, 1)), m, 0, 0, 1, 0, 2, 1))
	other := parts[5]
	merge := func(order ...int) C {
		c := parts[order[0]].Clone()
		for _, i := range order[1:] {
			method.Score(c, other) // what is remembered must not outlive an addition
			c.Add(parts[i])
		}
		return c
	}
	want := method.Score(merge(0, 1, 2, 3), other)
	for _, order := range [][]int{{3, 2, 1, 0}, {1, 3, 0, 2}} {
		if got := method.Score(merge(order...), other); !close2(got, want) {
			t.Errorf("merged in order %v: %v, expected %v", order, got, want)
		}
	}
	pairs := merge(0, 2)
	pairs.Add(merge(3, 1))
	if got := method.Score(pairs, other); !close2(got, want) {
		t.Errorf("merged in pairs: %v, expected %v", got, want)
	}
	with := merge(4, 0, 1, 2, 3)
	if got := method.Score(with, other); close2(got, want) {
		t.Errorf("another utterance changes nothing: %v", got)
	}
	with.Sub(parts[4])
	if got := method.Score(with, other); !close2(got, want) {
		t.Errorf("after taking it out again: %v, expected %v", got, want)
	}
}

func TestSums(t *testing.T) {
	each(t, testModel(rand.New(rand.NewPCG(9, 1)), 2), every(sums[*Gaussian], sums[*Mixture], sums[*Voice], sums[*Point]))
}

// TestUnionIsOneUtterance holds that adding two utterances is the same as
// hearing them as one, for all methods without a channel of their own.
func TestUnionIsOneUtterance(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 1))
	m := testModel(rng, 2)
	fa, fb, fc := speak(rng, m, []float64{1, 1, 0}, 50), speak(rng, m, []float64{1, 1, 0}, 30), speak(rng, m, []float64{0, 1, 0}, 40)
	whole := utterance(m, append(append([]float64(nil), fa...), fb...))
	for name, score := range map[string]func() (sum, one float64){
		"GLR": func() (float64, float64) { return union(NewGaussians(m, testDim, 0), m, fa, fb, fc, whole) },
		"CLR": func() (float64, float64) { return union(NewCrossLikelihood(m, false), m, fa, fb, fc, whole) },
		"closed form": func() (float64, float64) {
			return union(NewClosedForm(m, false, true), m, fa, fb, fc, whole)
		},
		"EV": func() (float64, float64) { return union(NewEigenvoices(m, false), m, fa, fb, fc, whole) },
	} {
		if sum, one := score(); !close2(sum, one) {
			t.Errorf("%s: the sum scores %v, the whole %v", name, sum, one)
		}
	}
}

func union[C Cluster[C]](method Method[C], m *eigenvoice.Model, fa, fb, fc []float64, whole Utterance) (sum, one float64) {
	a, other := method.Utterance(utterance(m, fa)), method.Utterance(utterance(m, fc))
	a.Add(method.Utterance(utterance(m, fb)))
	return method.Score(a, other), method.Score(method.Utterance(whole), other)
}

// permutation shuffles the utterances of an agglomerative clustering: steps and
// scores are the same to the last bit, and so is every partition.
func permutation[C Cluster[C]](t *testing.T, m *eigenvoice.Model, method Method[C]) {
	all := clusters(method, meeting(rand.New(rand.NewPCG(13, 1)), m, 0, 1, 0, 2, 1, 3, 2, 2, 0, 1))
	merges := Agglomerate(method, all)
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).Draw(t, "order")
		shuffled := make([]C, len(all))
		for i, o := range order {
			shuffled[i] = all[o]
		}
		again := Agglomerate(method, shuffled)
		for i, g := range again {
			if g.Score != merges[i].Score || g.Level != merges[i].Level {
				t.Fatalf("step %d scores %v, expected %v", i, g.Score, merges[i].Score)
			}
		}
		for _, step := range merges {
			want, got := Cut(len(all), merges, step.Level), Cut(len(all), again, step.Level)
			for i := range order {
				for j := range i {
					if (got[i] == got[j]) != (want[order[i]] == want[order[j]]) {
						t.Fatalf("threshold %v: utterances %d and %d are together in one order only", step.Level, order[i], order[j])
					}
				}
			}
		}
	})
}

func TestPermutation(t *testing.T) {
	each(t, testModel(rand.New(rand.NewPCG(9, 1)), 2), every(permutation[*Gaussian], permutation[*Mixture], permutation[*Voice], permutation[*Point]))
}

// finds looks for the threshold at which the clusters are the speakers.
func finds[C Cluster[C]](t *testing.T, m *eigenvoice.Model, method Method[C]) {
	speakers := []int{0, 1, 0, 2, 1, 0, 2, 1}
	all := clusters(method, meeting(rand.New(rand.NewPCG(17, 1)), m, speakers...))
	merges := Agglomerate(method, all)
	if got := Cut(len(all), merges, merges[4].Level); !slices.Equal(got, speakers) {
		t.Errorf("agglomerative: %v, expected %v", got, speakers)
	}
	if got := Cut(len(all), merges, math.Inf(-1)); slices.Max(got) != 0 {
		t.Errorf("without a threshold: %v, expected one cluster", got)
	}
	if got := Cut(len(all), merges, math.Inf(1)); slices.Max(got) != len(all)-1 {
		t.Errorf("at an infinite threshold: %v, expected singletons", got)
	}
	found := false
	for i, a := range all {
		for _, b := range all[:i] {
			if slices.Equal(Greedy(method, all, method.Score(a, b)), speakers) {
				found = true
			}
		}
	}
	if !found {
		t.Error("greedy: no threshold finds the speakers")
	}
}

func TestClustering(t *testing.T) {
	each(t, testModel(rand.New(rand.NewPCG(9, 1)), 2), every(finds[*Gaussian], finds[*Mixture], finds[*Voice], finds[*Point]))
}

// TestClosedFormIsTheModels holds the adapters to the model's own scores.
func TestClosedFormIsTheModels(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 1))
	m := testModel(rng, 2)
	us := meeting(rng, m, 0, 1)
	pair := func(u Utterance, channels bool) model.Stats {
		m := m.Copy()
		m.IgnoreChannels = !channels
		s := m.Shape().NewStats()
		u.pairInto(m.NewAccumulator(), &s)
		return s
	}
	c := eigenvoice.NewComparer(m.Nu)
	for _, channels := range []bool{false, true} {
		f := NewClosedForm(m, channels, false)
		a, b := pair(us[0], channels), pair(us[1], channels)
		want := c.LogP(a, c.Evidence(a), b, c.Evidence(b))
		if got := f.Score(f.Utterance(us[0]), f.Utterance(us[1])); !close2(got, want) {
			t.Errorf("eigenchannels %v: %v, expected %v", channels, got, want)
		}
	}
	f, s := NewClosedForm(m, true, true), m.NewScorer()
	a, b := m.Shape().NewVoice(), m.Shape().NewVoice()
	a.Stats.Add(pair(us[0], true))
	b.Stats.Add(pair(us[1], true))
	s.Update(&a)
	s.Update(&b)
	if got, want := f.Score(f.Utterance(us[0]), f.Utterance(us[1])), s.Score(&a, &b); !close2(got, want) {
		t.Errorf("whole rule: %v, expected %v", got, want)
	}
}
