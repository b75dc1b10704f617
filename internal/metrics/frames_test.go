package metrics

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/rttm"
	"pgregory.net/rapid"
)

// frame is the grid of the brute-force scorer.
const frame = 10 * time.Millisecond

// frames counts score by score what [Compare] computes, one frame after the
// other and over all pairings, with nothing shared but the definitions.
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

// annotations draws an annotation of a recording of some seconds: boundaries
// on the frame grid, speakers overlapping each other and themselves.
func annotations(file string, speakers, most int) *rapid.Generator[[]rttm.Segment] {
	return rapid.Custom(func(t *rapid.T) []rttm.Segment {
		var segments []rttm.Segment
		n := rapid.IntRange(0, speakers).Draw(t, "speakers")
		for range rapid.IntRange(0, most).Draw(t, "turns") {
			if n == 0 {
				break
			}
			start := rapid.IntRange(0, 600).Draw(t, "start")
			end := start + rapid.IntRange(1, 300).Draw(t, "length")
			segments = append(segments, rttm.Segment{File: file, Channel: "1",
				Start: float64(start) / 100, End: float64(end) / 100,
				Speaker: string(rune('a' + rapid.IntRange(0, n-1).Draw(t, "speaker")))})
		}
		return segments
	})
}

// conditions draws a collar on the grid, the overlap option and, sometimes,
// regions that may touch or overlap.
func conditions(file string) *rapid.Generator[Options] {
	return rapid.Custom(func(t *rapid.T) Options {
		opts := Options{Collar: float64(rapid.SampledFrom([]int{0, 0, 1, 10, 25}).Draw(t, "collar")) / 100,
			SkipOverlap: rapid.Bool().Draw(t, "skip overlap")}
		for range rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "regions") {
			start := rapid.IntRange(0, 600).Draw(t, "from")
			opts.Regions = append(opts.Regions, rttm.Region{File: file, Start: float64(start) / 100,
				End: float64(start+rapid.IntRange(0, 400).Draw(t, "for")) / 100})
		}
		return opts
	})
}
