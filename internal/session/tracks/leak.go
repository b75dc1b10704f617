package tracks

import (
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

// How leakage is told from speech. What one microphone hears of another one's speaker
// rises and falls as that does, in all bands, a little later; two people who speak at once do
// not, whatever their levels. Tracks are recorded at any level, so that no level
// decides; of two tracks that hear the same, it was said where it stands out more from what is
// there besides.
const (
	around  = 30  // frames on either side of a moment that are compared
	step    = 5   // frames between two moments
	latest  = 12  // frames by which sound may come later, or tracks be apart
	alike   = 0.5 // correlation of what is the same
	pause   = 40  // frames of the longest pause inside a turn, which no frame is alike in
	quietly = 0.1 // the part of the frames of a track below its floor
)

// stretch is when somebody speaks, in frames.
type stretch struct{ from, to int }

// ear is what one track has heard.
type ear struct {
	frames  []picture.Frame
	floor   float64 // the level that is there besides speech, in decibels
	speech  []stretch
	removed int // frames of speech that were somebody else's
}

// settle finds the floor.
func (e *ear) settle() {
	var counts [256]int
	for _, f := range e.frames {
		counts[int(f.Level())+128]++
	}
	left := int(quietly * float64(len(e.frames)))
	for i, n := range counts {
		if left -= n; left < 0 {
			e.floor = float64(i - 128)
			return
		}
	}
}

// unleak takes from every track what others have said.
func unleak(all []*ear) {
	for _, e := range all {
		e.settle()
	}
	own := make([][]stretch, len(all))
	for i, e := range all {
		for _, s := range e.speech {
			own[i] = append(own[i], e.own(s, all)...)
		}
	}
	for i, e := range all {
		e.removed = length(e.speech) - length(own[i])
		e.speech = own[i]
	}
}

func length(all []stretch) (n int) {
	for _, s := range all {
		n += s.to - s.from
	}
	return n
}

// own are the parts of a stretch that were said into this microphone.
func (e *ear) own(s stretch, all []*ear) (parts []stretch) {
	for from := s.from; from < s.to; from += step {
		to := min(s.to, from+step)
		middle := (from + to) / 2
		span := stretch{max(s.from, middle-around), min(s.to, middle+around)}
		if e.hearsAny(all, span) {
			continue
		}
		if n := len(parts); n > 0 && parts[n-1].to == from {
			parts[n-1].to = to
		} else {
			parts = append(parts, stretch{from, to})
		}
	}
	// What is left between two leaks, or at the end of one, is a pause or an edge.
	return slices.DeleteFunc(parts, func(p stretch) bool { return p.to-p.from <= pause && p != s })
}

// hearsAny reports whether e hears in a span what was said into another microphone. Of
// copies of one track the first is the one.
func (e *ear) hearsAny(all []*ear, span stretch) bool {
	before := true
	for _, o := range all {
		if o == e {
			before = false
			continue
		}
		if !o.speaks(span) {
			continue
		}
		if more, same := e.hears(o, span); same && (more > 0 || more == 0 && before) {
			return true
		}
	}
	return false
}

// speaks reports whether the track has speech in a span.
func (e *ear) speaks(span stretch) bool {
	return slices.ContainsFunc(e.speech, func(s stretch) bool { return s.from < span.to+latest && s.to > span.from-latest })
}

// hears reports whether e and o hear the same in a span, and by how many decibels it
// stands out more in o.
func (e *ear) hears(o *ear, span stretch) (more float64, same bool) {
	best, at := -1.0, 0
	for lag := -latest; lag <= latest; lag++ {
		if r := picture.Decibels.Correlation(e.frames, o.frames, span.from, span.to, lag, 2*around, around/2); r > best {
			best, at = r, lag
		}
	}
	if best < alike {
		return 0, false
	}
	return o.above(stretch{span.from - at, span.to - at}) - e.above(span), true
}

// above is by how many decibels a span stands out of the floor.
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
