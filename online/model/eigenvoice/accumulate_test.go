package eigenvoice

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// single is what pairs may be off by, relatively: their sums are taken in 24 bits.
const single = 1e-6

// TestPairByDefinition sums <d, D⁻¹> over soft shares frame by frame.
func TestPairByDefinition(t *testing.T) {
	rng := testRand(60)
	m := randomModel(rng, 4, 3, 2, 0)
	m.Soft, m.Phi = true, 0.25
	floats.Scale(0.2, m.Means) // so that several Gaussians share a frame
	frames := someFrames(m, rng, 40)
	want := model.Shape{Nu: 2}.NewStats()
	want.N = 40
	for _, x := range frames {
		logs := make([]float64, 4)
		for k := range logs {
			logs[k] = math.Log(m.Weights[k])
			for i, v := range x {
				r := v - m.Means[k*3+i]
				logs[k] -= 0.5 * (r*r/m.Vars[k*3+i] + math.Log(m.Vars[k*3+i]))
			}
		}
		best := floats.Max(logs)
		for k := range logs {
			if logs[k] < best+math.Log(0.01) {
				logs[k] = math.Inf(-1)
			}
		}
		norm := floats.LogSumExp(logs)
		for k := range logs {
			share := math.Exp(logs[k]-norm) * m.Phi
			for i, v := range x {
				row := k*3 + i
				vk := block(m.V, row, 2)
				floats.AddScaled(want.D, share*(v-m.Means[row])/m.Vars[row], vk)
				floats.AddScaled(want.DInv, share/m.Vars[row], []float64{vk[0] * vk[0], vk[1] * vk[0], vk[1] * vk[1]})
			}
		}
	}
	got := pair(m, frames...)
	if got.N != want.N || !floats.EqualApprox(got.D, want.D, single) || !floats.EqualApprox(got.DInv, want.DInv, single) {
		t.Errorf("pair %v, expected %v", got, want)
	}
}

// TestAdditive holds that any division of frames into utterances and any order
// gives the same pair, and that subtraction takes an utterance out again.
func TestAdditive(t *testing.T) {
	rng := testRand(70)
	m := randomModel(rng, 4, 3, 3, 0)
	m.Soft = true
	frames := someFrames(m, rng, 30)
	whole := pair(m, frames...)
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.IntRange(0, len(frames)).Draw(t, "cut")
		order := rapid.Permutation(frames).Draw(t, "order")
		a, b := pair(m, order[:cut]...), pair(m, order[cut:]...)
		sum := a.Clone()
		sum.Add(b)
		same(t, sum, whole)
		sum.Sub(b)
		same(t, sum, a)
		sum.Add(b)
		same(t, sum, whole)
	})
}

func same(t *rapid.T, got, want model.Stats) {
	if math.Abs(got.N-want.N) > 1e-9 || !floats.EqualApprox(got.D, want.D, single) || !floats.EqualApprox(got.DInv, want.DInv, single) {
		t.Fatalf("pair %v, expected %v", got, want)
	}
}

func TestResetAndGrow(t *testing.T) {
	rng := testRand(80)
	m := randomModel(rng, 4, 3, 3, 2)
	frames := someFrames(m, rng, 20)
	a, got := m.NewAccumulator(), model.Shape{Nu: 3}.NewStats()
	for _, f := range someFrames(m, rng, 9) {
		a.Add(f)
	}
	a.StatsInto(&got)
	a.Reset()
	for i, f := range frames {
		a.Add(f)
		if i == 10 {
			a.StatsInto(&got) // a look in between changes nothing
		}
	}
	a.StatsInto(&got)
	want := pair(m, frames...)
	if a.Frames() != 20 || !slices.Equal(got.D, want.D) || !slices.Equal(got.DInv, want.DInv) {
		t.Errorf("after Reset %v, fresh %v", got, want)
	}
}

func TestNoAllocations(t *testing.T) {
	rng := testRand(90)
	m := randomModel(rng, 8, 4, 5, 3)
	m.Soft = true
	a, s, c := m.NewAccumulator(), model.Shape{Nu: 5}.NewStats(), NewComparer(5)
	frames := someFrames(m, rng, 10)
	run := func() {
		for _, f := range frames {
			a.Add(f)
		}
		a.StatsInto(&s)
		c.LogP(s, c.Evidence(s), s, 0)
	}
	if got := testing.AllocsPerRun(10, run); got != 0 {
		t.Errorf("%v allocations, expected 0", got)
	}
}

// BenchmarkAccumulate reports the time for one second of speech through a
// model of the published size, its pair included.
func BenchmarkAccumulate(b *testing.B) {
	for _, soft := range []bool{false, true} {
		b.Run(map[bool]string{false: "hard", true: "soft"}[soft], func(b *testing.B) {
			rng := testRand(1)
			m := randomModel(rng, 256, 26, 40, 40)
			m.Soft = soft
			frames, a, s := someFrames(m, rng, 100), m.NewAccumulator(), model.Shape{Nu: 40}.NewStats()
			b.ReportAllocs()
			for b.Loop() {
				a.Reset()
				for _, f := range frames {
					a.Add(f)
				}
				a.StatsInto(&s)
			}
		})
	}
}

func BenchmarkCompare(b *testing.B) {
	rng := testRand(1)
	m := randomModel(rng, 32, 26, 40, 0)
	s := pair(m, someFrames(m, rng, 100)...)
	c := NewComparer(40)
	e := c.Evidence(s)
	b.ReportAllocs()
	for b.Loop() {
		c.LogP(s, e, s, e)
	}
}
