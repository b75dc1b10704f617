package words

import (
	"math"
	"slices"
	"time"
)

// What is searched: offsets of up to a minute in steps of a fiftieth of a
// second, and clocks that differ by up to a thousandth, in steps that move the
// end of the words by a tenth of a second.
const (
	furthest  = time.Minute
	fine      = 20 * time.Millisecond
	strongest = 1e-3
	shiftStep = 100 * time.Millisecond
)

// lags is the number of offsets searched.
const lags = 2*int(furthest/fine) + 1

// stretch is the time of words whose drift is not looked at.
const stretch = time.Minute

// mostStretches bounds the memory for hours of words: beyond, stretches are
// longer.
const mostStretches = 256

// mostSteps bounds the time for more than a day of words: beyond, steps are wider.
const mostSteps = 1000

// better is how much more of the words' time must lie in speech for the clocks
// to be taken for different, and level how much less is as good as the best.
const (
	better = 0.02
	level  = 0.002
)

// searched is how much more of an excess comes by chance where the best of so many
// clocks is taken.
const searched = 1.5

// Align finds the clock on which the words' time lies in speech more than on any
// other, and how well they fit then. It is a cross-correlation of two signals,
// "here is a word" and "here somebody speaks", computed for pieces of the
// words and added up along each line of an offset that grows with time. Where no
// clock is clearly better than that of the words, and where there are less than
// twenty seconds of words, they are left as they are.
func Align(list []Word, turns []Turn) (Clock, Fit) {
	same := Fits(list, turns)
	if same.Words < judged {
		return Clock{}, same // of so few words some fit anywhere
	}
	clock := align(wordSpans(list, joined), turnSpans(turns, joined))
	if clock == (Clock{}) {
		return clock, same
	}
	// Of so many clocks one fits somewhat in any case.
	if f := Fits(clock.move(list), turns); !(f.Excess < searched*f.chance()) {
		return clock, f
	}
	return Clock{}, same
}

// align finds the clock of all words that are near the turns.
func align(all, t []span) Clock {
	w, whole := near(all, t), total(all).Seconds()
	if len(w) == 0 {
		return Clock{}
	}
	first, last := w[0].from, w[len(w)-1].to
	length := max(stretch, (last-first)/mostStretches)
	var parts []correlation
	for _, s := range w {
		for n := int((s.from - first) / length); len(parts) <= n; {
			parts = append(parts, correlation{middle: first + length*time.Duration(len(parts)) + length/2})
		}
		parts[len(parts)-1].add(s, t)
	}
	for i := range parts {
		parts[i].sum()
	}
	steps := driftSteps(last - first)
	zero, most, clock := 0.0, 0.0, Clock{}
	for n := -steps; n <= steps; n++ {
		var drift float64
		if steps > 0 {
			drift = strongest * float64(n) / float64(steps)
		}
		inside := along(parts, first, drift)
		if n == 0 {
			zero = inside[lags/2]
		}
		at, value := centre(inside, level*whole)
		// Of equals the one with the least drift.
		if value > most || value == most && math.Abs(drift) < math.Abs(clock.Drift) {
			offset := fine*time.Duration(at-lags/2) - time.Duration(math.Round(drift*float64(first)))
			most, clock = value, Clock{Offset: offset, Drift: drift}
		}
	}
	if most-zero < better*whole {
		return Clock{}
	}
	return clock
}

// near is the part of the words that some clock moves to the turns. Times in a wrong unit go on for years,
// and nothing is searched there.
func near(w, t []span) []span {
	if len(t) == 0 {
		return nil
	}
	first, last := t[0].from, t[len(t)-1].to
	reach := furthest + time.Duration(strongest*float64(last-first+2*furthest)) // words may be longer than turns
	var left []span
	for _, s := range w {
		if s = (span{max(s.from, first-reach), min(s.to, last+reach)}); s.from < s.to {
			left = append(left, s)
		}
	}
	return left
}

// driftSteps is how many drifts are tried on either side of none, for words of that length.
func driftSteps(length time.Duration) int {
	return min(mostSteps, int(strongest*float64(length)/float64(shiftStep)))
}

// along adds up the correlations of all parts on a line: at the first word the
// lag is that of the index, and it grows by drift.
func along(parts []correlation, first time.Duration, drift float64) []float64 {
	sum := make([]float64, lags)
	for _, p := range parts {
		shift := int(math.Round(drift * float64(p.middle-first) / float64(fine)))
		for i := range sum {
			if j := i + shift; j >= 0 && j < len(p.inside) {
				sum[i] += p.inside[j]
			}
		}
	}
	return sum
}

// centre is the middle of the lags around the best that are as good, and the
// value of the best. Of equals it takes the one nearest to no lag.
func centre(inside []float64, slack float64) (int, float64) {
	top, best := slices.Max(inside), -1
	for i, v := range inside {
		if v == top && (best < 0 || abs(i-lags/2) < abs(best-lags/2)) {
			best = i
		}
	}
	from, to := best, best
	for from > 0 && inside[from-1] >= top-slack {
		from--
	}
	for to < len(inside)-1 && inside[to+1] >= top-slack {
		to++
	}
	return (from + to) / 2, top
}

func abs(i int) int { return max(i, -i) }

// correlation is, for every lag, how much of some words' time lies in speech
// when they are moved by it, in seconds.
type correlation struct {
	middle time.Duration
	inside []float64
}

// add adds a span of words. How much two spans have in common is a trapezoid over
// the lag: its second difference is at four places only, so that a pair costs
// four additions.
func (c *correlation) add(w span, turns []span) {
	if c.inside == nil {
		c.inside = make([]float64, lags)
	}
	first, _ := slices.BinarySearchFunc(turns, w.from-furthest, func(t span, at time.Duration) int {
		if t.to < at {
			return -1
		}
		return 1
	})
	for _, t := range turns[first:] {
		if t.from > w.to+furthest {
			break
		}
		c.bend(t.from-w.to, 1)
		c.bend(t.from-w.from, -1)
		c.bend(t.to-w.to, -1)
		c.bend(t.to-w.from, 1)
	}
}

// bend changes the slope from a lag on.
func (c *correlation) bend(lag time.Duration, by float64) {
	at := float64(lag+furthest) / float64(fine)
	if at < 0 {
		c.before(at, by)
		return
	}
	// The value at the next two places, from which the slope goes on by itself.
	n := int(math.Floor(at))
	part := at - float64(n)
	for i, v := range []float64{1 - part, part} {
		if j := n + 1 + i; j < lags {
			c.inside[j] += by * v * fine.Seconds()
		}
	}
}

// before is a bend before the first lag: what it has come to by then, and its
// slope from there.
func (c *correlation) before(at, by float64) {
	c.inside[0] += by * -at * fine.Seconds()
	c.inside[1] += by * (1 + at) * fine.Seconds()
}

// sum makes values of second differences.
func (c *correlation) sum() {
	if c.inside == nil {
		return
	}
	slope, value := 0.0, 0.0
	for i, v := range c.inside {
		slope += v
		value += slope
		c.inside[i] = value
	}
}
