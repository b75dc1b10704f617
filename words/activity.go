package words

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// How exactly times are known. The ends of turns and words are off by something
// like a tenth of a second, and now and then by much more: the error has the
// density of a mixture of two Laplace distributions. Scales are in seconds. These
// and the chances in change.go are from conversations composed for the purpose,
// see docs/words.md.
const (
	usualError = 0.1  // of timed words
	lineError  = 0.25 // of words that share a line's time
	rareError  = 0.6
	rareShare  = 0.15
)

// reach is how far from a turn a word may be for the turn to count.
const reach = 5 * time.Second

// timeline is turns in an order in which those near a moment are found.
type timeline struct {
	turns []Turn          // by start
	until []time.Duration // the latest end of the turns up to this one
}

// newTimeline orders turns. Those without length are left out.
func newTimeline(turns []Turn) timeline {
	var t timeline
	for _, turn := range turns {
		if turn.End > turn.Start {
			t.turns = append(t.turns, turn)
		}
	}
	slices.SortFunc(t.turns, func(a, b Turn) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End),
			cmp.Compare(a.Speaker, b.Speaker), cmp.Compare(a.Confidence, b.Confidence))
	})
	var end time.Duration
	for _, turn := range t.turns {
		end = max(end, turn.End)
		t.until = append(t.until, end)
	}
	return t
}

// near returns the turns that may lie between two moments, in order. Some of
// them may have ended before.
func (t timeline) near(from, to time.Duration) []Turn {
	first, _ := slices.BinarySearch(t.until, from)
	last, _ := slices.BinarySearchFunc(t.turns, to, func(turn Turn, at time.Duration) int {
		return cmp.Compare(turn.Start, at)
	})
	if first >= last {
		return nil
	}
	return t.turns[first:last]
}

// sure is the probability that a turn is its speaker's.
func (t Turn) sure() float64 {
	const unstated, most = 0.95, 0.99
	if !(t.Confidence > 0) {
		return unstated
	}
	return min(t.Confidence, most)
}

// activity is the expected share of a word that lies in a turn, from 0 to 1,
// when the error of its times is what this file says.
func activity(w Word, t Turn) float64 {
	from, to := w.core()
	a, b := from.Seconds(), to.Seconds()
	const shortest = 0.02
	if b-a < shortest {
		a, b = (a+b-shortest)/2, (a+b+shortest)/2
	}
	start, end := t.Start.Seconds(), t.End.Seconds()
	return (1-rareShare)*blurred(a, b, start, end, w.error()) + rareShare*blurred(a, b, start, end, rareError)
}

// error is the scale of the error of a word's times.
func (w Word) error() float64 {
	if w.Estimated {
		return lineError
	}
	return usualError
}

// blurred is the mean from a to b of the box from start to end when both its
// ends are blurred by a Laplace distribution.
func blurred(a, b, start, end, scale float64) float64 {
	area := ramp((b-start)/scale) - ramp((a-start)/scale) - ramp((b-end)/scale) + ramp((a-end)/scale)
	return min(1, max(0, area*scale/(b-a)))
}

// ramp is the integral of the Laplace distribution function with scale 1.
func ramp(x float64) float64 {
	if x < 0 {
		return math.Exp(x) / 2
	}
	return x + math.Exp(-x)/2
}

// The least likelihoods of a word: of a speaker who is silent all around it,
// and of a voice that no turn tells of.
const (
	silentVoice = 0.002
	unheard     = 0.01
)

// likelihoods writes to out how likely the word is from each of the voices. The
// last place is for nobody known. A turn that may be another's speaks, as far as
// it is in doubt, for everybody.
func likelihoods(w Word, turns []Turn, voices []string, out []float64) {
	clear(out)
	nobody := len(voices)
	var doubt float64
	for _, t := range turns {
		if t.End < w.Start-reach {
			continue
		}
		share := activity(w, t)
		who, ok := slices.BinarySearch(voices, t.Speaker)
		if !ok {
			out[nobody] += share / 2
			doubt += share / 2
			continue
		}
		out[who] += t.sure() * share
		doubt += (1 - t.sure()) * share
	}
	doubt /= float64(max(nobody, 2))
	for i := range voices {
		out[i] = min(1, out[i]+doubt) + silentVoice
	}
	out[nobody] = min(1, out[nobody]) + unheard
}

// beginnings writes to out how likely each voice begins a turn with the word.
func beginnings(w Word, turns []Turn, voices []string, out []float64) {
	for _, t := range turns {
		if who, ok := slices.BinarySearch(voices, t.Speaker); ok {
			off := (w.Start - t.Start).Seconds() / w.error()
			out[who] = max(out[who], beginsHere*t.sure()*math.Exp(-off*off/2))
		}
	}
}
