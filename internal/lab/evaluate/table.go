package evaluate

import (
	"iter"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/lab/calibration"
	"github.com/seed-7adb9000/diarizer/internal/lab/experiment"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Row is the result for a group of recordings.
type Row struct {
	Group string
	// Final and Live are full scores (no collar, overlap scored) with the
	// program's own speech detection; Live has one for each latency.
	Final metrics.Score
	Live  []metrics.Score
	// Given is the final score with the reference's turns as utterances.
	Given metrics.Score
	// Claims are what the turns of both say of their speakers, and Trials the
	// decisions that the model would meet on the reference's utterances.
	Claims, GivenClaims []calibration.Claim
	Trials              []calibration.Trial
}

// Options say what Table measures.
type Options struct {
	// Latencies of the live scores.
	Latencies []time.Duration
	// Jobs is how many recordings are worked on at once, 1 where 0.
	Jobs int
	// Each, where not nil, is told of every recording as it is done.
	Each func(name string, r Row)
}

// Table diarizes every recording twice, with the program's own segmentation and
// with the reference's utterances, and returns a row for each group, in order
// of name, and a last one, "all". It holds as many recordings at a time as it works on.
func Table(recs iter.Seq[Recording], cfg pipeline.Config, opts Options) ([]Row, error) {
	var (
		g      errgroup.Group
		mu     sync.Mutex
		groups = map[string]*Row{}
	)
	g.SetLimit(max(1, opts.Jobs))
	for r := range recs {
		g.Go(func() error {
			row, err := measure(r, cfg, opts.Latencies)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if opts.Each != nil {
				opts.Each(r.Name, row)
			}
			for _, name := range []string{r.Group, "all"} {
				if groups[name] == nil {
					groups[name] = &Row{Group: name, Live: make([]metrics.Score, len(opts.Latencies))}
				}
				groups[name].add(row)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []Row
	for name, row := range groups {
		// Recordings are done in any order, and sums must not tell.
		calibration.Sort(row.Claims)
		calibration.Sort(row.GivenClaims)
		if name != "all" {
			out = append(out, *row)
		}
	}
	slices.SortFunc(out, func(a, b Row) int { return slices.Compare([]byte(a.Group), []byte(b.Group)) })
	return append(out, *groups["all"]), nil
}

func (r *Row) add(o Row) {
	r.Final.Add(o.Final)
	r.Given.Add(o.Given)
	r.Claims = append(r.Claims, o.Claims...)
	r.GivenClaims = append(r.GivenClaims, o.GivenClaims...)
	r.Trials = append(r.Trials, o.Trials...)
	for i := range r.Live {
		r.Live[i].Add(o.Live[i])
	}
}

func measure(r Recording, cfg pipeline.Config, latencies []time.Duration) (Row, error) {
	row := Row{Group: r.Group}
	own, err := Diarize(r, cfg, latencies...)
	if err != nil {
		return row, err
	}
	cfg.Utterances = Utterances(r.Reference)
	given, err := Diarize(r, cfg)
	if err != nil {
		return row, err
	}
	if row.Final, _, err = metrics.Compare(r.Reference, own.Final, metrics.Options{}); err != nil {
		return row, err
	}
	if row.Given, _, err = metrics.Compare(r.Reference, given.Final, metrics.Options{}); err != nil {
		return row, err
	}
	unknown := event.Speaker(online.Unknown).String()
	if row.Claims, err = calibration.Turns(r.Reference, own.Final, own.Confidence, unknown); err != nil {
		return row, err
	}
	if row.GivenClaims, err = calibration.Turns(r.Reference, given.Final, given.Confidence, unknown); err != nil {
		return row, err
	}
	if row.Trials, err = trials(r, cfg.Model); err != nil {
		return row, err
	}
	for _, l := range own.Live {
		s, _, err := metrics.Compare(r.Reference, l, metrics.Options{})
		if err != nil {
			return row, err
		}
		row.Live = append(row.Live, s)
	}
	return row, nil
}

// trials compares the reference's utterances as a stream would.
func trials(r Recording, m model.Model) ([]calibration.Trial, error) {
	rec, err := experiment.NewRecording(r.Name, r.Group, r.Samples, r.Reference, m.Front())
	if err != nil {
		return nil, err
	}
	return experiment.Trials(m, rec), nil
}
