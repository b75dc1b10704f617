package experiment

import (
	"context"
	"math"
	"runtime"
	"sync"

	"github.com/seed-7adb9000/diarizer/internal/calibration"
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

// Calibrate finds the threshold with the least confusion of agglomerative
// clustering, every group of recordings counting the same, and the slope by
// logistic regression on the scores of utterances against true speakers.
func Calibrate(ctx context.Context, m *model.Model, recs []*Recording) (Calibration, error) {
	grid := thresholds()
	type outcome struct {
		results []Result
		trials  []calibration.Trial
	}
	outcomes := make([]outcome, len(recs))
	err := each(ctx, len(recs), func(i int) {
		pairs := Pairs(m, recs[i], true)
		merges := Agglomerate(m, pairs)
		for _, t := range grid {
			outcomes[i].results = append(outcomes[i].results, Score(recs[i], Cut(len(pairs), merges, t)))
		}
		outcomes[i].trials = Trials(m, recs[i], pairs)
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
	var all []calibration.Trial
	for _, o := range outcomes {
		all = append(all, o.trials...)
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

// Trials are the decisions of a stream in which every one so far was right:
// the normalised score of each utterance against all that each speaker has
// said before it.
func Trials(m *model.Model, r *Recording, pairs []model.Stats) []calibration.Trial {
	s := newScorer(m)
	clusters := make([]*cluster, r.Speakers)
	var out []calibration.Trial
	for i, u := range r.Utterances {
		x := s.cluster(pairs[i])
		for k, c := range clusters {
			if c != nil {
				out = append(out, calibration.Trial{Score: s.score(c, x), Same: k == u.Speaker})
			}
		}
		if clusters[u.Speaker] == nil {
			clusters[u.Speaker] = x
			continue
		}
		clusters[u.Speaker].raw.Add(pairs[i])
		s.update(clusters[u.Speaker])
	}
	return out
}

// slope fits σ(slope·(score − threshold)) to the trials by Newton's method,
// both kinds weighing the same.
func slope(all []calibration.Trial, threshold float64) float64 {
	var count [2]float64
	for _, t := range all {
		count[kind(t.Same)]++
	}
	s := 0.1
	for range 50 {
		var first, second float64
		for _, t := range all {
			x := t.Score - threshold
			p := 1 / (1 + math.Exp(-s*x))
			w := 1 / count[kind(t.Same)]
			first += w * (float64(kind(t.Same)) - p) * x
			second += w * p * (1 - p) * x * x
		}
		if second < 1e-12 {
			break
		}
		s = min(max(s+first/second, s/2), 2*s)
	}
	return s
}

func kind(same bool) int {
	if same {
		return 1
	}
	return 0
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
