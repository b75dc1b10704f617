package tracks

import (
	"math"

	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

// stretch is a range of kept frames.
type stretch struct{ from, to int }

// hears reports whether e and o hear the same sound in a span, where o hears it about so
// many frames earlier. at is by how many frames earlier exactly, and more by how many
// decibels the sound is further above the floor in o than in e.
func (e *ear) hears(o *ear, span stretch, about int) (more float64, at int, same bool) {
	best := -1.0
	for lag := about - latest; lag <= about+latest; lag++ {
		if r := e.like(o, span, lag); r > best {
			best, at = r, lag
		}
	}
	if best < alike {
		return 0, at, false
	}
	return o.above(stretch{span.from - at, span.to - at}) - e.above(span), at, true
}

// above is how far the mean level of a span is above the floor, in decibels.
func (e *ear) above(span stretch) float64 {
	sum, n := 0.0, 0
	for t := max(0, span.from); t < min(len(e.frames), span.to); t++ {
		sum += e.frames[t].Level()
		n++
	}
	if n == 0 {
		return math.Inf(-1)
	}
	return sum/float64(n) - e.floor
}

// like is the correlation of a span of e with what o heard lag frames earlier.
func (e *ear) like(o *ear, span stretch, lag int) float64 {
	return picture.Decibels.Correlation(e.frames, o.frames, span.from, span.to, lag, 2*learning, fewest)
}
