package words

import (
	"math"
	"time"
)

// How much of the memory of who spoke is lost between two words that follow each
// other without a pause: with nothing lost the speaker stays, with all lost
// everybody is equally likely to go on.
const (
	lostInside  = 0.015 // within a sentence
	lostClause  = 0.04  // after a comma
	lostEnd     = 0.6   // after the end of a sentence
	lostAnyhow  = 0.04  // where the transcript has no punctuation
	lostAtBreak = 0.15  // at the beginning of a line, at least
	lostAtDash  = 0.95  // at a mark that says that another person speaks
)

// A pause of this scale takes most of the memory, one of forgotten all.
const (
	pauseScale = 700 * time.Millisecond
	forgotten  = 2 * time.Second
)

// beginsHere is how likely a turn that surely begins with a word begins there,
// whatever the speaker before.
const beginsHere = 0.5

// How likely somebody who was talked over goes on with the next word, right after
// their own last one: within a sentence, and after its end.
const (
	resumesInside = 0.3
	resumesAfter  = 0.05
)

// twice is how much less likely one speaker says two words at once than two do,
// where all of the shorter word overlaps.
const twice = 0.05

// lost is the share of memory that is lost between two words, from 0 to 1.
// punctuated says whether sentences end in their text.
func lost(before, after Word, punctuated bool) float64 {
	m := lostAnyhow
	if punctuated {
		switch ending(before.Text) {
		case sentence:
			m = lostEnd
		case clause:
			m = lostClause
		default:
			m = lostInside
		}
	}
	if after.Break {
		m = max(m, lostAtBreak)
	}
	if dialogue(after) {
		m = lostAtDash
	}
	pause := after.Start - before.End
	if pause >= forgotten {
		return 1
	}
	return 1 - (1-m)*fading(pause)
}

// fading is the share of memory that a pause leaves.
func fading(pause time.Duration) float64 {
	return math.Exp(-float64(max(0, pause)) / float64(pauseScale))
}

// resumes is how likely somebody who was talked over goes on with a word.
func resumes(last, word Word, punctuated bool) float64 {
	if punctuated && ending(last.Text) == sentence {
		return resumesAfter * fading(word.Start-last.End)
	}
	return resumesInside * fading(word.Start-last.End)
}

// together is how likely it is that one speaker says both words, as far as they
// overlap in time: 1 where they do not.
func together(before, after Word) float64 {
	overlap := min(before.End, after.End) - max(before.Start, after.Start)
	shorter := min(before.End-before.Start, after.End-after.Start)
	if overlap <= 0 || shorter <= 0 || before.Estimated || after.Estimated {
		return 1
	}
	return math.Pow(twice, float64(overlap)/float64(shorter))
}

// punctuated reports whether sentences end in the text.
func punctuated(list []Word) bool {
	for _, w := range list {
		if ending(w.Text) == sentence {
			return true
		}
	}
	return false
}
