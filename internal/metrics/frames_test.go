package metrics

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// frame is the grid of the brute-force scorer.
const frame = 10 * time.Millisecond

// frames counts what [Compare] computes, frame by frame and over all pairings. It shares nothing with
// Compare but the definitions.
func frames(ref, hyp []rttm.Segment, opts Options) Score {
	index := func(seconds float64) int { return int(math.Round(seconds * 100)) }
	end := 0
	for _, s := range slices.Concat(ref, hyp) {
		end = max(end, index(s.End))
	}
	at := func(segments []rttm.Segment, t int) map[string]bool {
		m := make(map[string]bool)
		for _, s := range segments {
			if index(s.Start) <= t && t < index(s.End) {
				m[s.Speaker] = true
			}
		}
		return m
	}
	var s Score
	scored, whole := make(map[[2]string]int), make(map[[2]string]int)
	refTime, hypTime := make(map[string]int), make(map[string]int)
	for t := range end {
		evaluated := len(opts.Regions) == 0
		for _, r := range opts.Regions {
			evaluated = evaluated || index(r.Start) <= t && t < index(r.End)
		}
		if !evaluated {
			continue
		}
		r, h := at(ref, t), at(hyp, t)
		for a := range r {
			refTime[a]++
			for b := range h {
				whole[[2]string{a, b}]++
			}
		}
		for b := range h {
			hypTime[b]++
		}
		skip := opts.SkipOverlap && len(r) > 1
		for _, s := range ref {
			for _, edge := range []float64{s.Start, s.End} {
				if d := t - index(edge); opts.Collar > 0 && -index(opts.Collar) <= d && d < index(opts.Collar) {
					skip = true
				}
			}
		}
		if skip {
			continue
		}
		for a := range r {
			for b := range h {
				scored[[2]string{a, b}]++
			}
		}
		s.Speech += frame * time.Duration(len(r))
		s.Miss += frame * time.Duration(max(0, len(r)-len(h)))
		s.FalseAlarm += frame * time.Duration(max(0, len(h)-len(r)))
		s.Confusion += frame * time.Duration(min(len(r), len(h)))
		if len(r) > 0 {
			s.Detection.Speech += frame
			if len(h) == 0 {
				s.Detection.Miss += frame
			}
		} else if len(h) > 0 {
			s.Detection.FalseAlarm += frame
		}
	}
	refs, hyps := slices.Sorted(maps.Keys(refTime)), slices.Sorted(maps.Keys(hypTime))
	shared, index64 := make([][]int64, len(refs)), make([][]float64, len(refs))
	covered, pure := make(map[string]int), make(map[string]int)
	for i, a := range refs {
		for _, b := range hyps {
			both := [2]string{a, b}
			shared[i] = append(shared[i], int64(scored[both]))
			index64[i] = append(index64[i], float64(whole[both])/float64(refTime[a]+hypTime[b]-whole[both]))
			covered[a], pure[b] = max(covered[a], scored[both]), max(pure[b], scored[both])
			s.Joint += frame * time.Duration(scored[both])
		}
	}
	for _, n := range covered {
		s.Covered += frame * time.Duration(n)
	}
	for _, n := range pure {
		s.Pure += frame * time.Duration(n)
	}
	s.Confusion -= frame * time.Duration(bestSum(shared))
	s.Jaccard = float64(len(refs)) - bestSum(index64)
	s.RefSpeakers, s.HypSpeakers, s.Recordings = len(refs), len(hyps), 1
	s.SpeakersOff = int(math.Abs(float64(len(refs) - len(hyps))))
	if len(refs) == len(hyps) {
		s.Exact = 1
	}
	return s
}

// annotation draws an annotation of a recording of some seconds: boundaries on
// the frame grid, speakers overlapping each other and themselves. Uniform
// draws, unlike those of a property test, are seldom trivial.
func annotation(r *rand.Rand, file string, speakers int) []rttm.Segment {
	segments := make([]rttm.Segment, r.IntN(13))
	speakers = 1 + r.IntN(speakers)
	for i := range segments {
		start := r.IntN(600)
		end := start + 1 + r.IntN(300)
		segments[i] = rttm.Segment{File: file, Channel: "1", Start: float64(start) / 100, End: float64(end) / 100,
			Speaker: string(rune('a' + r.IntN(speakers)))}
	}
	return segments
}

// conditions draws a collar on the grid, the overlap option and, half of the
// time, regions that may touch or overlap.
func conditions(r *rand.Rand, files ...string) Options {
	opts := Options{Collar: []float64{0, 0, 0.01, 0.1, 0.25}[r.IntN(5)], SkipOverlap: r.IntN(2) == 0}
	for range max(0, r.IntN(8)-4) {
		for _, file := range files {
			start := r.IntN(600)
			opts.Regions = append(opts.Regions, rttm.Region{File: file, Start: float64(start) / 100,
				End: float64(start+r.IntN(400)) / 100})
		}
	}
	return opts
}
