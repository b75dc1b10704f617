package trial

import (
	"math/rand/v2"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Count is how names were given to the speakers of streams who had said as much as a
// length.
type Count struct {
	// Known are speakers who are enrolled: Right ones have their own name, Wrong ones
	// another, the rest none.
	Known, Right, Wrong int
	// Strangers are speakers who are not; Named ones were given a name.
	Strangers, Named int
}

// False is the part of all speakers who have a name that is not theirs.
func (c Count) False() float64 { return part(c.Wrong+c.Named, c.Known+c.Strangers) }

// Missed is the part of those enrolled who do not have their name.
func (c Count) Missed() float64 { return part(c.Known-c.Right, c.Known) }

func part(n, of int) float64 { return float64(n) / float64(max(of, 1)) }

func (c *Count) add(o Count) {
	c.Known += o.Known
	c.Right += o.Right
	c.Wrong += o.Wrong
	c.Strangers += o.Strangers
	c.Named += o.Named
}

const (
	// draws is how often a stream is looked at with other people enrolled.
	draws = 20
	// present is how many of those enrolled are in the stream, where as many may be.
	present = 2
)

// Counts counts, in the streams of a half, at each of Lengths, what names are given to
// speakers who had none, all together and by the stream's condition.
func Counts(mt *Material, half int, m model.Model, r identify.Rule) (all [len(Lengths)]Count, by map[string][len(Lengths)]Count) {
	by = map[string][len(Lengths)]Count{}
	c := identify.NewComparer(m, r)
	samples := mt.Samples[half]
	known := know(c, samples)
	of := map[int][]int{} // samples of a person
	for k, s := range samples {
		of[s.Person] = append(of[s.Person], k)
	}
	rng := rand.New(rand.NewPCG(9, uint64(half)))
	for _, s := range mt.Streams[half] {
		// odds[t][l] are those of talker t at length l against every sample.
		odds := make([][][]float64, len(s.Talkers))
		for t, talker := range s.Talkers {
			for _, said := range talker.Said {
				odds[t] = append(odds[t], c.LogOdds(nil, said, known))
			}
		}
		counts := by[s.Condition]
		for range draws {
			chosen := choose(rng, s, samples, of)
			for l := range Lengths {
				counts[l].add(count(s, odds, samples, chosen, l))
			}
		}
		by[s.Condition] = counts
	}
	for _, counts := range by {
		for l := range all {
			all[l].add(counts[l])
		}
	}
	return all, by
}

// choose draws the samples that are enrolled: of some of the talkers, and of others.
func choose(rng *rand.Rand, s Stream, samples []Sample, of map[int][]int) []int {
	var chosen []int
	taken := map[int]bool{}
	for _, t := range rng.Perm(len(s.Talkers)) {
		p := s.Talkers[t].Person
		if own := of[p]; len(own) > 0 && len(chosen) < present {
			chosen = append(chosen, own[rng.IntN(len(own))])
		}
		taken[p] = true
	}
	for _, k := range rng.Perm(len(samples)) {
		if p := samples[k].Person; len(chosen) < enrolled && !taken[p] {
			taken[p] = true
			chosen = append(chosen, k)
		}
	}
	return chosen
}

// count looks at a stream when everybody has said Lengths[l], or all that they say.
func count(s Stream, odds [][][]float64, samples []Sample, chosen []int, l int) Count {
	var rows [][]float64
	var talkers []int
	for t := range s.Talkers {
		if n := len(odds[t]); n > 0 {
			row := make([]float64, len(chosen))
			for j, k := range chosen {
				row[j] = odds[t][min(l, n-1)][k]
			}
			rows, talkers = append(rows, row), append(talkers, t)
		}
	}
	nobody := slices.Repeat([]int{-1}, len(rows))
	var c Count
	for i, name := range identify.Names(rows, nobody) {
		t := talkers[i]
		if len(odds[t]) <= l {
			continue // has not said so much
		}
		who := s.Talkers[t].Person
		isKnown, named := false, -1
		for _, k := range chosen {
			isKnown = isKnown || samples[k].Person == who
		}
		if name.Who >= 0 {
			named = samples[chosen[name.Who]].Person
		}
		switch {
		case isKnown:
			c.Known++
			if named == who {
				c.Right++
			} else if named >= 0 {
				c.Wrong++
			}
		default:
			c.Strangers++
			if named >= 0 {
				c.Named++
			}
		}
	}
	return c
}
