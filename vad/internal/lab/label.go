package lab

import (
	"math"
	"slices"
)

const hop = 160

// label finds the speech of a clean recording of one speaker by its level alone:
// frames above a threshold between the recording's quiet and loud levels, bursts
// under 50 ms dropped, gaps of less than FillGap frames filled.
func label(x []float32) []bool {
	n := len(x) / hop
	level := make([]float64, n)
	for i := range level {
		sum := 1e-10
		for _, v := range x[i*hop : (i+1)*hop] {
			sum += float64(v) * float64(v)
		}
		level[i] = 10 * math.Log10(sum/hop)
	}
	speech := make([]bool, n)
	if n == 0 {
		return speech
	}
	sorted := slices.Clone(level)
	slices.Sort(sorted)
	quiet, loud := sorted[n/50], sorted[n*19/20]
	threshold := min(max(quiet+0.4*(loud-quiet), loud-35), loud-18)
	for i, l := range level {
		speech[i] = l > threshold
	}
	dropRuns(speech, true, 5)
	dropRuns(speech, false, FillGap)
	return speech
}

// Fill makes the gaps shorter than least frames speech.
func Fill(speech []bool, least int) { dropRuns(speech, false, least) }

// dropRuns inverts the runs of v shorter than least frames; runs of false at
// either end stay.
func dropRuns(speech []bool, v bool, least int) {
	for i := 0; i < len(speech); {
		j := i
		for j < len(speech) && speech[j] == speech[i] {
			j++
		}
		if speech[i] == v && j-i < least && (v || i > 0 && j < len(speech)) {
			for k := i; k < j; k++ {
				speech[k] = !v
			}
		}
		i = j
	}
}
