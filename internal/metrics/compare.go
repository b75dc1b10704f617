package metrics

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// Options say which part of the time is scored. The zero value scores all of it, overlap included
// ("full" scoring). {Collar: 0.25, SkipOverlap: true} is the customary lenient scoring.
type Options struct {
	// Collar is left out on both sides of every reference boundary, in seconds.
	Collar float64
	// SkipOverlap leaves out the time in which more than one reference speaker
	// speaks.
	SkipOverlap bool
	// Regions, if any, are the evaluated time: what lies outside is ignored.
	// Without any, all time is evaluated.
	Regions []rttm.Region
}

// ErrTime is wrapped by the error for times that cannot be scored.
var ErrTime = errors.New("metrics: time out of order or out of range")

// ErrSpeakers is wrapped by the error for more speakers than can be paired.
var ErrSpeakers = errors.New("metrics: too many speakers to pair")

// maxPairs bounds the memory for pairs of speakers to some 400 MB.
const maxPairs = 25_000_000

// Compare scores hyp against ref, two annotations of one recording. It ignores the File and Channel of
// segments and regions. A speaker with two segments at the same time counts once. Compare also returns
// the reference speaker with whom each hypothesis speaker was paired, without speakers who share no
// scored time with their partner. Time is O(n log n + n·s) for n segments of which s are open at once,
// plus O(r²h) for r and h speakers.
func Compare(ref, hyp []rttm.Segment, opts Options) (Score, map[string]string, error) {
	t, err := newTimeline(ref, hyp, opts)
	if err != nil {
		return Score{}, nil, err
	}
	t.run()
	score, speakers := t.score()
	return score, speakers, nil
}

func nanoseconds(what string, start, end float64) (from, to int64, err error) {
	if !(start >= 0 && start <= end && end <= rttm.MaxSeconds) {
		return 0, 0, fmt.Errorf("%w: %s from %v to %v: expected 0 ≤ start ≤ end ≤ %.0f s",
			ErrTime, what, start, end, rttm.MaxSeconds)
	}
	return toNano(start), toNano(end), nil
}

func toNano(seconds float64) int64 { return int64(math.Round(seconds * float64(time.Second))) }
