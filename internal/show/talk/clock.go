package talk

import (
	"fmt"
	"math"
)

// Clock writes a position in a recording, in seconds, as mm:ss, or from an hour on as
// h:mm:ss. Fractions of a second are dropped.
func Clock(seconds float64) string {
	if math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return "--:--"
	}
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	s := int64(seconds)
	if s >= 3600 {
		return fmt.Sprintf("%s%d:%02d:%02d", sign, s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%s%02d:%02d", sign, s/60, s%60)
}

// Tenths is Clock with tenths of a second, for positions of 0 or more.
func Tenths(seconds float64) string {
	tenths := math.Round(10 * seconds)
	if math.IsNaN(tenths) || math.IsInf(tenths, 0) {
		return Clock(seconds)
	}
	return fmt.Sprintf("%s.%d", Clock((tenths+0.5)/10), int64(tenths)%10)
}

// Ticks returns the round times from start to end, in seconds, and the step between them.
// The step is the shortest round one that divides the axis into at most most parts.
func Ticks(start, end float64, most int) (ticks []float64, step float64) {
	if !(end > start) || most < 1 {
		return nil, 0
	}
	step = 86400
	for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200} {
		if (end-start)/s <= float64(most) {
			step = s
			break
		}
	}
	step *= math.Ceil((end - start) / step / float64(most))
	for i := math.Ceil(start / step); i*step <= end; i++ {
		ticks = append(ticks, i*step)
	}
	return ticks, step
}
