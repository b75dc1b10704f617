package experiment

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/seed-7adb9000/diarizer/internal/lab/baselines"
	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Calibration is one decision rule for every source.
type Calibration struct {
	// Threshold is the score above which clusters merge, Slope what turns a
	// score's distance from it into log odds.
	Threshold, Slope float64
	// Confusion is the mean over the groups, in percent, at Threshold.
	Confusion float64
}

// thresholds are what Calibrate tries.
func thresholds() []float64 {
	var t []float64
	for v := -40.0; v <= 20; v += 0.25 {
		t = append(t, v)
	}
	return t
}

// SlopeAt finds the slope that belongs to a threshold, as Calibrate does.
func SlopeAt(ctx context.Context, m model.Model, recs []*Recording, threshold float64) (float64, error) {
	all := make([][]choice, len(recs))
	err := each(ctx, len(recs), func(i int) {
		rule, utterances := voices(m, recs[i])
		all[i] = choices(recs[i], rule, utterances)
	})
	return slope(slices.Concat(all...), threshold), err
}

// Calibrate finds the threshold with the least confusion of agglomerative
// clustering, every group of recordings counting the same, and the slope by
// logistic regression on the choices among the true speakers so far.
func Calibrate(ctx context.Context, m model.Model, recs []*Recording) (Calibration, error) {
	grid := thresholds()
	type outcome struct {
		results []Result
		choices []choice
	}
	outcomes := make([]outcome, len(recs))
	err := each(ctx, len(recs), func(i int) {
		rule, utterances := voices(m, recs[i])
		merges := baselines.Agglomerate(rule, utterances)
		for _, t := range grid {
			outcomes[i].results = append(outcomes[i].results, Score(recs[i], baselines.Cut(len(utterances), merges, t)))
		}
		outcomes[i].choices = choices(recs[i], rule, utterances)
	})
	if err != nil {
		return Calibration{}, err
	}
	mean := make([]float64, len(grid))
	for k := range grid {
		groups := map[string]*Result{}
		for i, r := range recs {
			if groups[r.Group] == nil {
				groups[r.Group] = &Result{}
			}
			groups[r.Group].Add(outcomes[i].results[k])
		}
		for _, g := range groups {
			mean[k] += g.Confusion() / float64(len(groups))
		}
	}
	at := flattest(mean)
	var all []choice
	for _, o := range outcomes {
		all = append(all, o.choices...)
	}
	return Calibration{Threshold: grid[at], Slope: slope(all, grid[at]), Confusion: mean[at]}, nil
}

// flattest returns the middle of the values within a twentieth of the least: a
// threshold that other recordings may move without falling off an edge.
func flattest(v []float64) int {
	least := math.Inf(1)
	for _, x := range v {
		least = min(least, x)
	}
	var sum, n int
	for i, x := range v {
		if x <= 1.05*least+1e-9 {
			sum, n = sum+i, n+1
		}
	}
	return sum / n
}

// choice is one decision of a stream in which every one so far was right: the
// normalised scores of an utterance against all that each speaker has said
// before it, and who of them it was, or −1 for somebody new.
type choice struct {
	scores []float64
	right  int
}

// voices are the utterances of a recording as a stream would compare them, and
// the rule by which.
func voices(m model.Model, r *Recording) (*baselines.ClosedForm, []*baselines.Voice) {
	var all []*baselines.Voice
	for _, s := range r.Pairs(m) {
		all = append(all, baselines.NewVoice(s))
	}
	return baselines.NewRule(m), all
}

// choices are the decisions of a recording.
func choices(r *Recording, rule *baselines.ClosedForm, utterances []*baselines.Voice) []choice {
	var clusters []*baselines.Voice
	known := map[int]int{} // clusters of the reference's speakers
	var out []choice
	for i, u := range r.Utterances {
		x := utterances[i]
		c := choice{right: -1}
		for _, k := range clusters {
			c.scores = append(c.scores, rule.Score(k, x))
		}
		if at, ok := known[u.Speaker]; ok {
			c.right = at
			clusters[at].Add(x)
		} else {
			known[u.Speaker] = len(clusters)
			clusters = append(clusters, x.Clone())
		}
		out = append(out, c)
	}
	return out
}

// Trials are the comparisons that a stream meets in which every decision so far
// was right: the normalised score of each utterance against all that each
// speaker has said before it.
func Trials(m model.Model, r *Recording) []calibration.Trial {
	rule, utterances := voices(m, r)
	var out []calibration.Trial
	for _, c := range choices(r, rule, utterances) {
		for k, score := range c.scores {
			out = append(out, calibration.Trial{Score: score, Same: k == c.right})
		}
	}
	return out
}

// slope finds the s under which the right ones of all choices are likeliest,
// each with probability exp(s·score) over the sum of that for everybody known
// and for somebody new, whose score is the threshold: multinomial logistic
// regression by Newton's method.
func slope(all []choice, threshold float64) float64 {
	s := 0.1
	for range 50 {
		var first, second float64
		for _, c := range all {
			top := threshold
			for _, x := range c.scores {
				top = max(top, x)
			}
			w := math.Exp(s * (threshold - top))
			sum, mean, square := w, w*threshold, w*threshold*threshold
			for _, x := range c.scores {
				w := math.Exp(s * (x - top))
				sum, mean, square = sum+w, mean+w*x, square+w*x*x
			}
			right := threshold
			if c.right >= 0 {
				right = c.scores[c.right]
			}
			mean /= sum
			first += right - mean
			second += square/sum - mean*mean
		}
		if second < 1e-12 {
			break
		}
		s = min(max(s+first/second, s/2), 2*s)
	}
	return s
}

// each calls work for 0 … n−1 on all processors until ctx is done.
func each(ctx context.Context, n int, work func(i int)) error {
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	wg.Wait()
	return ctx.Err()
}
