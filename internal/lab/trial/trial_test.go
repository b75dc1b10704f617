package trial

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
	"github.com/seed-7adb9000/diarizer/internal/lab/simulate"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
)

// TestRegress finds the numbers that comparisons were drawn with.
func TestRegress(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	want := identify.Rule{Slope: 0.8, Offset: -1.5, Growth: 0.7}
	var all []comparison
	for range 60000 {
		c := comparison{score: 3 * rng.NormFloat64(), said: 300 + 1500*rng.Float64(), sample: 600 + 1400*rng.Float64()}
		c.same = rng.Float64() < 1/(1+math.Exp(-want.LogOdds(c.score, c.said, c.sample)))
		all = append(all, c)
	}
	same, other := weights(all)
	var got identify.Rule
	if cost := regress(&got, all); !(cost > 0 && cost < math.Log2(math.E)) {
		t.Errorf("the comparisons cost %v bits", cost)
	}
	// The odds of either before, here those that were drawn, are taken off the offset.
	got.Offset += math.Log(prior/(1-prior)) - math.Log(same/other)
	if math.Abs(got.Slope-want.Slope) > 0.05 || math.Abs(got.Offset-want.Offset) > 0.15 || math.Abs(got.Growth-want.Growth) > 0.1 {
		t.Errorf("%+v, expected %+v", got, want)
	}
}

// TestDivide keeps a sample and what is said in streams apart.
func TestDivide(t *testing.T) {
	recording := func(from, seconds int) []float32 {
		x := make([]float32, seconds*dataset.Rate)
		for i := range x {
			x[i] = float32(from*dataset.Rate + i)
		}
		return x
	}
	for _, c := range []struct {
		recordings   [][]float32
		sample, talk int // seconds
		ok           bool
	}{
		{[][]float32{recording(0, 40)}, 18, 22, true},
		{[][]float32{recording(0, 5), recording(5, 5), recording(10, 5)}, 10, 5, true},
		{[][]float32{recording(0, 100)}, 20, 80, true},
		{[][]float32{recording(0, 7)}, 0, 7, true}, // a stranger always
		{[][]float32{recording(0, 2)}, 0, 2, false},
	} {
		p, ok := divide(simulate.Speaker{Recordings: c.recordings})
		if ok != c.ok || len(p.Sample) != c.sample*dataset.Rate || len(p.Talk) != c.talk*dataset.Rate {
			t.Errorf("%d recordings: a sample of %d and %d samples of talk, %v, expected %+v", len(c.recordings), len(p.Sample), len(p.Talk), ok, c)
		}
		if len(p.Sample) > 0 && slices.Max(p.Sample) >= slices.Min(p.Talk) {
			t.Error("part of the sample is said in streams as well")
		}
	}
}

// TestChoose enrols nobody twice, and of those who are in the stream as many as it says.
func TestChoose(t *testing.T) {
	var samples []Sample
	of := map[int][]int{}
	for p := range 30 {
		for range samplesEach {
			of[p] = append(of[p], len(samples))
			samples = append(samples, Sample{Person: p, Sample: enroll.Sample{}})
		}
	}
	s := Stream{Talkers: []Talker{{Person: 3}, {Person: 7}, {Person: 11}, {Person: 99}}}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		chosen := choose(rng, s, samples, of)
		people, inside := map[int]bool{}, 0
		for _, k := range chosen {
			people[samples[k].Person] = true
			for _, t := range s.Talkers {
				if t.Person == samples[k].Person {
					inside++
				}
			}
		}
		if len(chosen) != enrolled || len(people) != enrolled || inside != present {
			t.Fatalf("%d samples of %d people, %d of them in the stream", len(chosen), len(people), inside)
		}
	}
}
