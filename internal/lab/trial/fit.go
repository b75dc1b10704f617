package trial

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// comparison is one person's sample against what somebody has said.
type comparison struct {
	score, said, sample float64 // frames
	same                bool
}

// compare compares everybody in a half's streams, at each length, with their own samples
// and with every fourth of the others of the half.
func compare(mt *Material, half int, m model.Model, r identify.Rule) []comparison {
	c := identify.NewComparer(m, r)
	known := know(c, mt.Samples[half])
	var out []comparison
	var scores []float64
	var some []identify.Known
	var same []bool
	for _, s := range mt.Streams[half] {
		for _, t := range s.Talkers {
			for _, said := range t.Said {
				some, same = some[:0], same[:0]
				for k, s := range mt.Samples[half] {
					if own := s.Person == t.Person; own || (k+t.Person)%4 == 0 {
						some, same = append(some, known[k]), append(same, own)
					}
				}
				scores = c.Scores(scores[:0], said, some)
				for k, score := range scores {
					out = append(out, comparison{score, said.N, some[k].Frames(), same[k]})
				}
			}
		}
	}
	return out
}

func know(c *identify.Comparer, samples []Sample) []identify.Known {
	known := make([]identify.Known, len(samples))
	for i, s := range samples {
		known[i] = c.Know(s.Stats)
	}
	return known
}

// The grid that Fit searches.
var (
	slacks  = []float64{0.03, 0.1, 0.2, 0.3, 0.5, 0.8}
	lengths = []float64{0, 0.35, 0.7, 1}
)

// enrolled is how many people are enrolled at a time.
const enrolled = 10

// Fit returns the rule under which the comparisons of one half are likeliest, and
// their cost in bits. The comparisons of one person and those of two are weighed as a
// stream meets them.
//
// Where there is more to compare voices by than a slack, that is not searched for.
func Fit(ctx context.Context, mt *Material, half int, m model.Model) (identify.Rule, float64, error) {
	if a := identify.RuleOf(m).Across; a != nil {
		r := identify.Rule{Across: a}
		cost := regress(&r, compare(mt, half, m, r))
		return r, cost, ctx.Err()
	}
	rules := make([]identify.Rule, len(slacks)*len(lengths))
	costs := make([]float64, len(rules))
	var jobs []func() error
	for i := range rules {
		jobs = append(jobs, func() error {
			r := &rules[i]
			r.WithinSpeakerVariance, r.LengthExponent = slacks[i/len(lengths)], lengths[i%len(lengths)]
			costs[i] = regress(r, compare(mt, half, m, *r))
			return nil
		})
	}
	if err := parallel(ctx, jobs, nil); err != nil {
		return identify.Rule{}, 0, err
	}
	best := 0
	for i, c := range costs {
		if c < costs[best] {
			best = i
		}
	}
	return rules[best], costs[best], nil
}

// prior is how likely a comparison is of one person, where a stream meets it.
const prior = identify.Prior / enrolled

// weights are what a comparison of one person, and one of two, counts.
func weights(all []comparison) (same, other float64) {
	for _, c := range all {
		if c.same {
			same++
		} else {
			other++
		}
	}
	return prior / same, (1 - prior) / other
}

// Cost returns what the comparisons of a half cost under a rule, in bits.
func Cost(mt *Material, half int, m model.Model, r identify.Rule) float64 {
	all := compare(mt, half, m, r)
	same, other := weights(all)
	var cost float64
	for _, c := range all {
		odds := r.LogOdds(c.score, c.said, c.sample) + math.Log(prior/(1-prior))
		if c.same {
			cost += same * math.Log1p(math.Exp(-odds)) / math.Ln2
		} else {
			cost += other * math.Log1p(math.Exp(odds)) / math.Ln2
		}
	}
	return cost
}

// regress finds the slope, offset and growth under which the comparisons are likeliest,
// by Newton's method, and returns their cost in bits.
func regress(r *identify.Rule, all []comparison) float64 {
	same, other := weights(all)
	shift := math.Log(prior / (1 - prior))
	x := mat.NewVecDense(3, []float64{0.1, 0, 0})
	var cost float64
	for range 100 {
		var g [3]float64
		var h [9]float64
		cost = 0
		for _, c := range all {
			f := [3]float64{c.score, 1, math.Log(c.said * c.sample / (c.said + c.sample) / 100)}
			w, sign, truth := other, -1.0, 0.0
			if c.same {
				w, sign, truth = same, 1, 1
			}
			odds := x.AtVec(0)*f[0] + x.AtVec(1) + x.AtVec(2)*f[2] + shift
			cost += w * math.Log1p(math.Exp(-sign*odds)) / math.Ln2
			p := 1 / (1 + math.Exp(-odds))
			for i := range f {
				g[i] += w * (p - truth) * f[i]
				for j := range f {
					h[3*i+j] += w * p * (1 - p) * f[i] * f[j]
				}
			}
		}
		var step mat.VecDense
		if step.SolveVec(mat.NewDense(3, 3, h[:]), mat.NewVecDense(3, g[:])) != nil {
			break
		}
		x.SubVec(x, &step)
		if mat.Norm(&step, 2) < 1e-6 {
			break
		}
	}
	r.Slope, r.Offset, r.Growth = x.AtVec(0), x.AtVec(1), x.AtVec(2)
	return cost
}
