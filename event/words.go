package event

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Words are words of a recogniser that have got a speaker, or another speaker than
// before.
type Words struct {
	// Recogniser tells whose words they are where several listen to a stream.
	Recogniser string `json:"recogniser"`
	// List are the words, whole as they are after the change.
	List []Word `json:"list"`
}

// Word is a word with its speaker.
type Word struct {
	// ID is unique among the words of its recogniser in the run: 1, 2, 3, … in the
	// order in which they came.
	ID int `json:"id"`
	// Text is the word with its punctuation.
	Text string `json:"text"`
	// Start and End are stream times.
	Start Time `json:"start"`
	End   Time `json:"end"`
	// Speaker says who said it, or Unknown.
	Speaker Speaker `json:"speaker"`
	// Probability is the probability that Speaker is right.
	Probability float64 `json:"probability"`
	// Confidence is the recogniser's probability that Text is right, 0 where it
	// gave none.
	Confidence float64 `json:"confidence,omitempty"`
	// Estimated says that Start and End are the word's share of its line's time.
	Estimated bool `json:"estimated,omitempty"`
	// Line says that the word begins a line of the recogniser's.
	Line bool `json:"line,omitempty"`
}

// Words reports words and their speakers. The list is not copied.
func (e *Encoder) Words(at int64, w Words) Event {
	ev := e.next(WordsAttributed, at)
	ev.Words = &w
	return ev
}

// check reports what is wrong with words.
func (w Words) check() error {
	if !ValidToken(w.Recogniser) {
		return fmt.Errorf("recogniser %q: expected 1 to %d of A-Z a-z 0-9 _ -", w.Recogniser, maxToken)
	}
	for _, word := range w.List {
		if word.ID < 1 {
			return fmt.Errorf("word %d: expected an id of 1 or more", word.ID)
		}
		if err := checkSpan("word", word.Start, word.End); err != nil {
			return err
		}
	}
	return nil
}

// say applies words to those said before.
func (t *Timeline) say(w Words) {
	own := t.words[w.Recogniser]
	if own == nil {
		own = map[int]Word{}
		t.words[w.Recogniser] = own
	}
	for _, word := range w.List {
		if word.Start >= t.settled.said {
			own[word.ID] = word
		}
	}
	t.settleWords()
}

// boundWords is how many words of all recognisers a bounded timeline keeps, the latest:
// more than can still change.
const boundWords = 25000

// settleWords lets the oldest words of a bounded timeline go where there are too many.
func (t *Timeline) settleWords() {
	n := 0
	for _, own := range t.words {
		n += len(own)
	}
	if t.settled.most == 0 || n <= boundWords {
		return
	}
	type place struct {
		start      Time
		id         int
		recogniser string
	}
	places := make([]place, 0, n)
	for name, own := range t.words {
		for id, w := range own {
			places = append(places, place{w.Start, id, name})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.id, b.id), cmp.Compare(a.recogniser, b.recogniser))
	})
	gone := n - boundWords*4/5
	for _, p := range places[:gone] {
		delete(t.words[p.recogniser], p.id)
	}
	t.settled.said = places[gone].start
}

// mergeWords gives the words of speaker to into, as merge does with turns.
func (t *Timeline) mergeWords(speaker, into Speaker) {
	for _, own := range t.words {
		for id, w := range own {
			if w.Speaker == speaker {
				w.Speaker = into
				own[id] = w
			}
		}
	}
}

// Recognisers returns the names of the recognisers whose words the timeline has.
func (t *Timeline) Recognisers() []string { return slices.Sorted(maps.Keys(t.words)) }

// Words returns the words of a recogniser as they are now, by start and then by
// id.
func (t *Timeline) Words(recogniser string) []Word {
	return slices.SortedFunc(maps.Values(t.words[recogniser]), func(a, b Word) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID))
	})
}
