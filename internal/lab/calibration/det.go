package calibration

import (
	"cmp"
	"math"
	"slices"
)

// Trial is a comparison whose truth is known.
type Trial struct {
	// Score is larger the more alike both sides are.
	Score float64
	// Same says that one person spoke both.
	Same bool
}

// Point is what a threshold does: Miss is the share of same-speaker trials
// under it, FalseAlarm that of the others at or above it.
type Point struct {
	Threshold, Miss, FalseAlarm float64
}

// DET returns the detection error trade-off (Martin et al., 1997): a point for
// each threshold at which a decision changes, from accepting everything to
// refusing everything. It is empty unless there are trials of both kinds.
func DET(trials []Trial) []Point {
	sorted := slices.Clone(trials)
	slices.SortFunc(sorted, func(a, b Trial) int { return cmp.Compare(a.Score, b.Score) })
	var same, different float64
	for _, t := range sorted {
		if t.Same {
			same++
		} else {
			different++
		}
	}
	if same == 0 || different == 0 {
		return nil
	}
	points := make([]Point, 0, len(sorted)+1)
	var missed, refused float64
	for i, t := range sorted {
		if i == 0 || t.Score > sorted[i-1].Score {
			points = append(points, Point{t.Score, missed / same, 1 - refused/different})
		}
		if t.Same {
			missed++
		} else {
			refused++
		}
	}
	return append(points, Point{math.Inf(1), 1, 0})
}

// EqualError is the error rate, 0 to 1, at which misses and false alarms are
// equally frequent, between two points by straight line. It is NaN without
// points.
func EqualError(points []Point) float64 {
	for i, p := range points {
		gap := p.Miss - p.FalseAlarm
		if gap < 0 {
			continue
		}
		if i == 0 || gap == 0 {
			return (p.Miss + p.FalseAlarm) / 2
		}
		before := points[i-1]
		w := gap / (gap - (before.Miss - before.FalseAlarm))
		return p.Miss + w*(before.Miss-p.Miss)
	}
	return math.NaN()
}
