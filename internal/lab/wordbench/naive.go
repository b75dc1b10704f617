// Package wordbench measures how well words get their speakers: on conversations
// of which every word is known, against the join that everybody writes first.
// docs/words.md has the figures and how to make them.
package wordbench

import (
	"strings"
	"time"
	"unicode"

	"github.com/seed-7adb9000/diarizer/words"
)

// Naive is the join that everybody writes first: a word is said by whose turn its
// middle lies in, of several the first, and by nobody where there is none.
func Naive(list []words.Word, turns []words.Turn) []words.Said {
	out := make([]words.Said, 0, len(list))
	for _, w := range list {
		s := words.Said{Word: w, Probability: 1}
		middle := w.Start + (w.End-w.Start)/2
		for _, t := range turns {
			if t.Start <= middle && middle < t.End {
				s.Speaker = t.Speaker
				break
			}
		}
		out = append(out, s)
	}
	return out
}

// Joined is this program's join, clocks and all. Word i comes back in place i.
func Joined(list []words.Word, turns []words.Turn) ([]words.Said, error) {
	clock, _ := words.Align(list, turns)
	numbered := clock.Apply(list)
	for i := range numbered {
		numbered[i].Confidence = float64(i) // which a join passes on
	}
	said, err := words.Join(numbered, turns)
	out := make([]words.Said, len(list))
	for _, s := range said {
		i := int(s.Confidence)
		out[i] = s
		out[i].Word = list[i]
	}
	return out, err
}

// Jitter returns words whose times are off, as those of a recogniser: each by an
// error of its own, drawn by next from a normal distribution of mean 0 and
// variance 1, of that scale, and all by a common lag.
func Jitter(list []words.Word, scale, lag time.Duration, next func() float64) []words.Word {
	out := make([]words.Word, 0, len(list))
	for _, w := range list {
		shift := func() time.Duration { return lag + time.Duration(next()*float64(scale)) }
		w.Start, w.End = max(0, w.Start+shift()), max(0, w.End+shift())
		w.End = max(w.Start, w.End)
		out = append(out, w)
	}
	return out
}

// Bare returns words as recognisers without punctuation write them.
func Bare(list []words.Word) []words.Word {
	out := make([]words.Word, 0, len(list))
	for _, w := range list {
		w.Text = strings.ToLower(strings.TrimFunc(w.Text, unicode.IsPunct))
		out = append(out, w)
	}
	return out
}
