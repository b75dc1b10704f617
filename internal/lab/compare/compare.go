package compare

import (
	"context"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/internal/lab/baselines"
	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/lab/training"
	"github.com/seed-7adb9000/diarizer/online/model/eigenvoice"
)

// Options say how [Run] works.
type Options struct {
	// Jobs is how many recordings are worked on at once, 1 where 0.
	Jobs int
	// Progress is told how far the work is; nobody where nil.
	Progress training.Progress
}

// Line is a method's result on one set.
type Line struct {
	Method string
	// Offline is agglomerative, Online greedy clustering; the setting of each
	// for the first and the second half is in OfflineAt and OnlineAt.
	Offline, Online     Outcome
	OfflineAt, OnlineAt [2]Choice
	// Trials are the decisions that a stream meets if all before were right.
	Trials []calibration.Trial
}

// Choice is what was best on the other half: a threshold, or a setting of a
// method that brings its threshold.
type Choice struct {
	Label     string
	Threshold float64
}

// Section is the result on one set.
type Section struct {
	Name       string
	Recordings int
	Seconds    float64 // of speech, every speaker counted
	Lines      []Line
}

// Run clusters every set with every method. A set has recordings in both halves.
func Run(ctx context.Context, m *eigenvoice.Model, sets []Set, opts Options) ([]Section, error) {
	if opts.Progress == nil {
		opts.Progress = training.Quiet{}
	}
	var out []Section
	for _, s := range sets {
		section, err := run(ctx, m, s, opts)
		if err != nil {
			return nil, err
		}
		out = append(out, section)
	}
	return out, nil
}

// trace is what one setting of a method did with one recording.
type trace struct {
	merges         []baselines.Merge
	trials         []calibration.Trial
	offline        []Outcome // for each threshold
	online         []Outcome
	offlineSeconds float64
}

func run(ctx context.Context, m *eigenvoice.Model, set Set, opts Options) (Section, error) {
	all := contenders(m)
	recs := make([]*experiment.Recording, len(set.Sounds))
	traces := make([][][]trace, len(all)) // by method, setting and recording
	for c := range all {
		traces[c] = make([][]trace, len(all[c].settings))
		for s := range traces[c] {
			traces[c][s] = make([]trace, len(recs))
		}
	}
	done := opts.Progress.Start(set.Name+", offline", len(recs)*len(all))
	err := each(ctx, opts.Jobs, len(recs), func(i int) error {
		x := set.Sounds[i]
		r, err := experiment.NewRecording(x.Name, x.Group, x.Samples, x.Reference, m.Features)
		if err != nil {
			return err
		}
		recs[i] = r
		began := time.Now()
		whole := r.Aligned(m, false)
		aligning := time.Since(began).Seconds()
		running := r.Aligned(m, true)
		for c := range all {
			for s, set := range all[c].settings {
				t := &traces[c][s][i]
				began := time.Now()
				t.merges = set.open().agglomerate(whole)
				t.offlineSeconds = time.Since(began).Seconds()
				if all[c].aligned {
					t.offlineSeconds += aligning
				}
				if s == 0 || !set.own { // a threshold of its own needs no scores to choose among
					t.trials = set.open().trials(running, r)
				}
			}
			done(1)
		}
		return ctx.Err()
	})
	if err != nil {
		return Section{}, err
	}
	offline, online := grids(all, traces)
	for c := range all {
		for s := range all[c].settings {
			for i, r := range recs {
				t := &traces[c][s][i]
				for _, threshold := range offline[c][s] {
					o := judge(r, baselines.Cut(len(r.Utterances), t.merges, threshold))
					o.Seconds = t.offlineSeconds
					t.offline = append(t.offline, o)
				}
			}
		}
	}
	done = opts.Progress.Start(set.Name+", online", len(recs)*len(all))
	err = each(ctx, opts.Jobs, len(recs), func(i int) error {
		r := recs[i]
		began := time.Now()
		running := r.Aligned(m, true)
		aligning := time.Since(began).Seconds()
		for c := range all {
			for s, set := range all[c].settings {
				t := &traces[c][s][i]
				began := time.Now()
				cluster := set.open().greedy(running)
				before := time.Since(began).Seconds()
				if all[c].aligned {
					before += aligning
				}
				for _, threshold := range online[c][s] {
					began := time.Now()
					labels := cluster(threshold)
					seconds := before + time.Since(began).Seconds()
					o := judge(r, labels)
					o.Seconds = seconds
					t.online = append(t.online, o)
				}
			}
			done(1)
		}
		return ctx.Err()
	})
	if err != nil {
		return Section{}, err
	}
	out := Section{Name: set.Name, Recordings: len(recs)}
	for c, method := range all {
		l := Line{Method: method.name}
		for half := range 2 {
			l.OfflineAt[half] = choose(method, offline[c], traces[c], set.Half, half,
				func(t trace) []Outcome { return t.offline }, &l.Offline)
			l.OnlineAt[half] = choose(method, online[c], traces[c], set.Half, half,
				func(t trace) []Outcome { return t.online }, &l.Online)
		}
		for _, t := range traces[c][0] {
			l.Trials = append(l.Trials, t.trials...)
		}
		out.Lines = append(out.Lines, l)
	}
	out.Seconds = out.Lines[0].Offline.Result.Speech / 100
	return out, nil
}

// choose finds the setting and threshold of least error on the other half, adds
// what they do on this one to total and returns them. Of equally good
// neighbours it takes the middle.
func choose(method contender, grid [][]float64, traces [][]trace, halves []int, half int, of func(trace) []Outcome, total *Outcome) Choice {
	setting, threshold, least := 0, 0, math.Inf(1)
	for s := range grid {
		from, to := 0, -1
		best := math.Inf(1)
		for k := range grid[s] {
			var r experiment.Result
			for i, h := range halves {
				if h != half {
					r.Add(of(traces[s][i])[k].Result)
				}
			}
			switch e := r.DER(); {
			case e < best:
				best, from, to = e, k, k
			case e == best && to == k-1:
				to = k
			}
		}
		if best < least {
			least, setting, threshold = best, s, (from+to)/2
		}
	}
	for i, h := range halves {
		if h == half {
			total.add(of(traces[setting][i])[threshold])
		}
	}
	return Choice{Label: method.settings[setting].label, Threshold: grid[setting][threshold]}
}

// offlineGrid and onlineGrid are how many thresholds are tried.
const (
	offlineGrid = 150
	onlineGrid  = 30
)

// grids returns the thresholds to try, by method and setting: offline, evenly
// many of the steps of merging between one and the next; online, evenly many of
// the scores in the range where same-speaker and other trials meet.
func grids(all []contender, traces [][][]trace) (offline, online [][][]float64) {
	offline, online = make([][][]float64, len(all)), make([][][]float64, len(all))
	for c := range all {
		for s, set := range all[c].settings {
			var levels, same, other []float64
			for _, t := range traces[c][s] {
				for _, m := range t.merges {
					levels = append(levels, m.Level)
				}
				for _, x := range t.trials {
					if x.Same {
						same = append(same, x.Score)
					} else {
						other = append(other, x.Score)
					}
				}
			}
			if set.own {
				offline[c], online[c] = append(offline[c], []float64{0}), append(online[c], []float64{0})
				continue
			}
			offline[c] = append(offline[c], quantiles(levels, 0, 1, offlineGrid))
			online[c] = append(online[c], merged(quantiles(same, 0, 0.6, onlineGrid/2), quantiles(other, 0.5, 1, onlineGrid/2)))
		}
	}
	return offline, online
}

// quantiles returns n values of v at even ranks between two shares of it.
func quantiles(v []float64, low, high float64, n int) []float64 {
	if len(v) == 0 {
		return []float64{0}
	}
	slices.Sort(v)
	var out []float64
	for i := range n {
		share := low + (high-low)*float64(i)/float64(n-1)
		out = append(out, v[int(math.Round(share*float64(len(v)-1)))])
	}
	return slices.Compact(out)
}

func merged(a, b []float64) []float64 {
	out := append(a, b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// each calls work for 0 … n−1, jobs at a time, until one fails or ctx is done.
func each(ctx context.Context, jobs, n int, work func(i int) error) error {
	g, failed := errgroup.WithContext(ctx)
	g.SetLimit(max(1, jobs))
	for i := range n {
		if failed.Err() != nil {
			break
		}
		g.Go(func() error { return work(i) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}
