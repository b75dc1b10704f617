package calibration

import (
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
)

// Turns returns the claims of turns that say who speaks, each with its
// confidence, of the same index: that of its speaker. A turn is right when its
// speaker, mapped to the reference by the mapping of least confusion, is the
// reference speaker who has most of the turn's time, or speaks in half of it, beside
// others or not. A turn in which nobody
// speaks, or of a speaker who stands for nobody in the reference, is wrong. The
// weight is the turn's length in seconds; turns without any are left out, and
// so are the turns of speaker unknown, who claim nothing.
func Turns(reference, turns []rttm.Segment, confidence []float64, unknown string) ([]Claim, error) {
	if len(turns) != len(confidence) {
		return nil, fmt.Errorf("calibration: %d confidences for %d turns: expected one each", len(confidence), len(turns))
	}
	_, speakers, err := metrics.Compare(reference, turns, metrics.Options{})
	if err != nil {
		return nil, err
	}
	var out []Claim
	for i, t := range turns {
		if t.End <= t.Start || t.Speaker == unknown {
			continue
		}
		who, mapped := speakers[t.Speaker]
		out = append(out, Claim{Confidence: confidence[i], Weight: t.End - t.Start,
			Right: mapped && most(reference, t, who)})
	}
	return out, nil
}

// most reports whether who speaks in half of the turn, or nobody in more of it. A
// reference speaker who speaks twice at once counts twice, which references do
// not hold.
func most(reference []rttm.Segment, turn rttm.Segment, who string) bool {
	shared := map[string]float64{}
	var top float64
	for _, s := range reference {
		if d := math.Min(s.End, turn.End) - math.Max(s.Start, turn.Start); d > 0 {
			shared[s.Speaker] += d
			top = max(top, shared[s.Speaker])
		}
	}
	return top > 0 && (shared[who] >= top || 2*shared[who] >= turn.End-turn.Start)
}
