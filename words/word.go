package words

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Word is one word as a recogniser heard it. Times count from the start of the
// recording.
type Word struct {
	// Text is the word with its punctuation, without space around it.
	Text       string
	Start, End time.Duration
	// Confidence is the recogniser's probability that Text is right, 0 where it
	// gave none. The join passes it on.
	Confidence float64
	// Estimated says that Start and End are not from the recogniser: the time of a line
	// was divided among its words.
	Estimated bool
	// Break says that the word begins a line or a segment of the transcript.
	Break bool
}

// Turn is a stretch of speech by one speaker.
type Turn struct {
	Start, End time.Duration
	// Speaker is whose turn it is, empty where that is not known.
	Speaker string
	// Confidence is the probability that Speaker is right, 0 where it was not
	// given.
	Confidence float64
}

// Said is a word with its speaker.
type Said struct {
	Word
	// Speaker is one of the turns' speakers, or empty where nobody is known to
	// have spoken.
	Speaker string
	// Probability is how probable Speaker is, given all turns and words.
	Probability float64
}

// LongestWord is how long a word may be before its times are doubted.
const LongestWord = 5 * time.Second

// latest bounds times, so that sums of them cannot overflow: about three years.
const latest = 1e8 * time.Second

// A WordError is a word with impossible times: negative, in the wrong order, or beyond
// three years.
type WordError struct {
	Index int // in the list, from 0
	Word  Word
}

// Error says which word it is and what its times are.
func (e *WordError) Error() string {
	return fmt.Sprintf("word %d, %.40q: from %v to %v: expected 0 ≤ start ≤ end ≤ %v",
		e.Index+1, e.Word.Text, e.Word.Start, e.Word.End, time.Duration(latest))
}

// check returns a *WordError for the first word that cannot be.
func check(list []Word) error {
	for i, w := range list {
		if w.Start < 0 || w.End < w.Start || w.End > latest {
			return &WordError{i, w}
		}
	}
	return nil
}

// ends is what the last character of a word says of its sentence.
type ends int

const (
	nothing ends = iota
	clause
	sentence
)

// closing follows the mark that ends a sentence: quotes and brackets.
const closing = "\"')]}»”’」』）"

// ending looks at the punctuation of a word.
func ending(text string) ends {
	text = strings.TrimRight(text, closing)
	switch {
	case strings.HasSuffix(text, "...") || strings.HasSuffix(text, "…"):
		return clause // an ellipsis trails off within a sentence as often as at its end
	case hasSuffixOf(text, ".?!。？！؟।።"):
		return sentence
	case hasSuffixOf(text, ",;:،、，；：—–-"):
		return clause
	}
	return nothing
}

func hasSuffixOf(text, marks string) bool {
	for _, m := range marks {
		if strings.HasSuffix(text, string(m)) {
			return true
		}
	}
	return false
}

// dialogue reports whether a word begins with what captions put where another
// person begins to speak: a dash, or arrows.
func dialogue(w Word) bool {
	return strings.HasPrefix(w.Text, ">>") ||
		w.Break && (strings.HasPrefix(w.Text, "-") || strings.HasPrefix(w.Text, "–") || strings.HasPrefix(w.Text, "—"))
}

// core is the part of a word's time in which it can have been spoken.
// Recognisers let the last word before a pause go on to the next one.
func (w Word) core() (start, end time.Duration) {
	const (
		word      = 200 * time.Millisecond
		letter    = 80 * time.Millisecond
		character = 300 * time.Millisecond // of a script that writes syllables or words
	)
	if w.Estimated {
		return w.Start, w.End
	}
	longest := word
	for _, r := range w.Text {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			longest += character
		} else {
			longest += letter
		}
	}
	return w.Start, min(w.End, w.Start+longest)
}

// spaced reports whether a space belongs between two words. Chinese, Japanese
// and Thai are written without.
func spaced(before, after string) bool {
	a, _ := utf8.DecodeLastRuneInString(before)
	b, _ := utf8.DecodeRuneInString(after)
	return !(dense(a) && dense(b))
}

func dense(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) ||
		strings.ContainsRune("。、，！？：；「」『』（）ー", r)
}
