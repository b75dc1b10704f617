package words

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Clock is how the clock of the turns differs from that of the words. The zero
// value says that they are the same.
type Clock struct {
	// Offset is what the turns' clock shows when that of the words shows 0.
	Offset time.Duration
	// Drift is how much faster the turns' clock runs: 1e-4 is a tenth of a
	// second in a quarter of an hour.
	Drift float64
}

// Time is a moment of the words' clock on that of the turns.
func (c Clock) Time(t time.Duration) time.Duration {
	return t + c.Offset + time.Duration(math.Round(c.Drift*float64(t)))
}

// Apply returns the words on the clock of the turns. What would be before its
// beginning is at it.
func (c Clock) Apply(list []Word) []Word {
	out := c.move(list)
	for i, w := range out {
		out[i].Start, out[i].End = max(0, w.Start), max(0, w.End)
	}
	return out
}

// move is Apply where words may be before the beginning.
func (c Clock) move(list []Word) []Word {
	out := slices.Clone(list)
	for i, w := range out {
		out[i].Start, out[i].End = c.Time(w.Start), c.Time(w.End)
	}
	return out
}

// Fit is how well words and turns fit each other.
type Fit struct {
	// Words is the time in which there are words, Inside the part of it in which
	// somebody speaks.
	Words, Inside time.Duration
	// Speech is the share of all time, from the first word or turn to the last,
	// in which somebody speaks: what words would have inside by chance.
	Speech float64
	// Excess is how much more than by chance lies inside, of what could: 1 where
	// all does, 0 where words and speech have nothing to do with each other. It
	// is NaN where next to nothing could, for speech or words hardly pause.
	Excess float64
	// Stretches is the number of stretches of speech between pauses: the more,
	// the less of an excess comes by chance.
	Stretches int
}

// Share is Inside of Words, from 0 to 1; 1 without words.
func (f Fit) Share() float64 {
	if f.Words == 0 {
		return 1
	}
	return float64(f.Inside) / float64(f.Words)
}

// What is expected of words enough to judge by.
const (
	judged     = 20 * time.Second
	leastShare = 0.6
)

// Doubtful reports whether the words seem to be of another recording: there are
// enough of them to judge by, and less of their time is speech than most of a
// transcript's is, or not more than may come by chance.
func (f Fit) Doubtful() bool {
	return f.Words >= judged && (f.Share() < leastShare || f.Excess < f.chance())
}

// chance is the excess that comes by chance: it falls with the root of the
// number of things that were compared. docs/words.md has the figures.
func (f Fit) chance() float64 {
	return min(0.5, max(0.1, 1/math.Sqrt(float64(max(1, f.Stretches)))))
}

// span is a stretch of time.
type span struct{ from, to time.Duration }

// pauses that do not separate two spans, when words are compared with turns:
// turns have the pauses between words inside.
const joined = 300 * time.Millisecond

// union makes spans that do not touch, in order, of any.
func union(spans []span, gap time.Duration) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.from <= out[n-1].to+gap {
			out[n-1].to = max(out[n-1].to, s.to)
		} else if s.to > s.from {
			out = append(out, s)
		}
	}
	return out
}

// wordSpans leaves out words that are too long for their times to say anything.
func wordSpans(list []Word, gap time.Duration) []span {
	spans := make([]span, 0, len(list))
	for _, w := range list {
		from, to := w.core()
		if to-from > LongestWord {
			continue
		}
		spans = append(spans, span{from, to})
	}
	return union(spans, gap)
}

func turnSpans(turns []Turn, gap time.Duration) []span {
	spans := make([]span, 0, len(turns))
	for _, t := range turns {
		spans = append(spans, span{t.Start, t.End})
	}
	return union(spans, gap)
}

// total is the length of spans that do not touch.
func total(spans []span) (sum time.Duration) {
	for _, s := range spans {
		sum += s.to - s.from
	}
	return sum
}

// common is the length of what two unions have in common.
func common(a, b []span) (sum time.Duration) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		sum += max(0, min(a[i].to, b[j].to)-max(a[i].from, b[j].from))
		if a[i].to < b[j].to {
			i++
		} else {
			j++
		}
	}
	return sum
}

// Fits compares words and turns on one clock.
func Fits(list []Word, turns []Turn) Fit {
	w, t := wordSpans(list, 0), turnSpans(turns, 0)
	f := Fit{Words: total(w), Inside: common(w, t), Excess: math.NaN(), Stretches: len(t)}
	if len(w) == 0 || len(t) == 0 {
		return f
	}
	all := float64(max(w[len(w)-1].to, t[len(t)-1].to) - min(w[0].from, t[0].from))
	spoken, inside := float64(f.Words)/all, float64(f.Inside)/all
	f.Speech = float64(total(t)) / all
	const least = 0.01 // of all time
	if could := min(spoken, f.Speech) - spoken*f.Speech; could >= least {
		f.Excess = (inside - spoken*f.Speech) / could
	}
	return f
}
