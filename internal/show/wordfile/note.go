package wordfile

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/words"
)

// note is one kind of oddity in a transcript.
type note struct {
	what  string // such as "without times"
	made  string // what Read does about it
	first string // the first place
	count int
}

// note counts an odd word. where is the place of the word.
func (p *parse) note(what, made, where string) {
	for i := range p.notes {
		if p.notes[i].what == what {
			p.notes[i].count++
			return
		}
	}
	p.notes = append(p.notes, note{what, made, where, 1})
}

// noted returns the notes, one line each.
func (p *parse) noted() []string {
	var out []string
	for _, n := range p.notes {
		many := "1 word"
		if n.count > 1 {
			many = fmt.Sprintf("%d words", n.count)
		}
		out = append(out, fmt.Sprintf("%s: %s %s, first %s: %s", p.name, many, n.what, n.first, n.made))
	}
	return out
}

// clutter reports whether a text is no word: recognisers write such texts between words.
func clutter(text string) bool {
	return text == "" || text == "[BLANK_AUDIO]" || text == "<eps>" || text == "<sil>" || text == "!SIL"
}

// order sorts the words, and notes oddities of their times.
func (p *parse) order() {
	where := func(w words.Word) string {
		return fmt.Sprintf("%s at %.2f s", quote(w.Text), w.Start.Seconds())
	}
	for i := range p.words {
		w := &p.words[i]
		if w.End-w.Start > words.LongestWord {
			p.note(fmt.Sprintf("longer than %v", words.LongestWord), "where in that time they were said is not known", where(*w))
			w.Estimated = true
		}
		if i > 0 && w.Start < p.words[i-1].Start {
			p.note("before the one before", "words are sorted by their start", where(*w))
		}
	}
	slices.SortStableFunc(p.words, func(a, b words.Word) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	for i := 1; i < len(p.words); i++ {
		a, b := p.words[i-1], p.words[i]
		shorter := min(a.End-a.Start, b.End-b.Start)
		if overlap := min(a.End, b.End) - b.Start; overlap > shorter/2 && overlap > 50*time.Millisecond {
			p.note("at the same time as the one before", "they are taken for two speakers' where that is possible", where(b))
		}
	}
}
