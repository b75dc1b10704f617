package simulate

import (
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/lab/dataset"
)

// What lies silenceBelow decibels under a voice's loud parts, the twentieth of
// 10 ms that stands out, is silence; as in the references of real calls, one of
// less than shortestPause is no pause.
const (
	silenceBelow  = 30.0
	loudShare     = 0.95
	step          = dataset.Rate / 100
	shortestPause = 0.3 * dataset.Rate
	shortestSound = 0.05 * dataset.Rate
)

// stretch is part of a recording, in samples.
type stretch struct{ from, to int }

// loud returns the level, as RMS, that loudShare of x lies below.
func loud(x []float32) float64 {
	var levels []float64
	for part := range slices.Chunk(x, step) {
		levels = append(levels, Power(part))
	}
	if len(levels) == 0 {
		return 0
	}
	slices.Sort(levels)
	return math.Sqrt(levels[int(loudShare*float64(len(levels)-1))])
}

// audible returns the stretches of x that are louder than faint, an RMS: without
// clicks, with the short pauses in them.
func audible(x []float32, faint float64) []stretch {
	var runs []stretch
	for at := 0; at < len(x); at += step {
		to := min(at+step, len(x))
		if Power(x[at:to]) <= faint*faint {
			continue
		}
		if n := len(runs); n > 0 && runs[n-1].to == at {
			runs[n-1].to = to
		} else {
			runs = append(runs, stretch{at, to})
		}
	}
	var out []stretch
	for _, r := range runs {
		switch n := len(out); {
		case r.to-r.from < shortestSound:
		case n > 0 && r.from-out[n-1].to < shortestPause:
			out[n-1].to = r.to
		default:
			out = append(out, r)
		}
	}
	return out
}
