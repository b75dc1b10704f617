package board

import (
	"cmp"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
)

// keptWords is how many words of all recognisers a Board keeps: the latest, more than an
// hour of talk.
const keptWords = 12000

// Said is what a recogniser has heard, with the present speakers.
type Said struct {
	Recogniser string       `json:"recogniser"`
	Words      []event.Word `json:"words"` // by start, then by id
}

func wordOrder(a, b event.Word) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID))
}

// say puts in words that have a new speaker.
func (b *Board) say(w event.Words) {
	i := slices.IndexFunc(b.said, func(s Said) bool { return s.Recogniser == w.Recogniser })
	if i < 0 {
		i = len(b.said)
		b.said = append(b.said, Said{Recogniser: w.Recogniser})
	}
	s := &b.said[i]
	for _, word := range w.List {
		// The times of a word do not change: a known word is at its place.
		if at, there := slices.BinarySearchFunc(s.Words, word, wordOrder); there {
			s.Words[at] = word
		} else if word.Start >= b.saidFrom {
			s.Words = slices.Insert(s.Words, at, word)
		}
	}
	b.forgetWords()
}

// forgetWords forgets the oldest words when there are too many.
func (b *Board) forgetWords() {
	n := 0
	for _, s := range b.said {
		n += len(s.Words)
	}
	if n <= keptWords {
		return
	}
	for range n - keptWords + keptWords/8 {
		oldest := -1
		for i, s := range b.said {
			if len(s.Words) > 0 && (oldest < 0 || s.Words[0].Start < b.said[oldest].Words[0].Start) {
				oldest = i
			}
		}
		b.saidFrom = b.said[oldest].Words[0].Start
		b.said[oldest].Words = b.said[oldest].Words[1:]
	}
	for i := range b.said {
		b.said[i].Words = slices.Clone(b.said[i].Words)
	}
}

// mergeWords gives the words of speaker to into.
func (b *Board) mergeWords(speaker, into event.Speaker) {
	for _, s := range b.said {
		for i := range s.Words {
			if s.Words[i].Speaker == speaker {
				s.Words[i].Speaker = into
			}
		}
	}
}

// Said returns what recognisers have heard, in the order in which the recognisers began.
// The slice is the board's own: it is valid until the next Apply.
func (b *Board) Said() []Said { return b.said }
