package correct

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
)

// wordsAtOnce is how many words one event has at most, so that events stay small.
const wordsAtOnce = 200

// keepWords keeps the words of the run with their speakers at the end of the run.
func (l *Late) keepWords() {
	l.ground.words = map[string][]event.Word{}
	for _, name := range l.tl.Recognisers() {
		l.ground.words[name] = l.tl.Words(name)
	}
}

// giveWordsBack emits the words that have the wrong speaker after the events of a
// correction. A merge moves words along; its undo does not.
func (l *Late) giveWordsBack(d *Desk, events []event.Event) error {
	into := map[event.Speaker]event.Speaker{}
	for _, e := range events {
		if e.Kind == event.SpeakerMerged {
			into[e.Speaker] = e.Into
		}
	}
	whose := l.owners(d)
	for _, name := range l.tl.Recognisers() {
		now := map[int]event.Speaker{}
		for _, w := range l.tl.Words(name) {
			now[w.ID] = w.Speaker
			if other, ok := into[w.Speaker]; ok {
				now[w.ID] = other
			}
		}
		var wrong []event.Word
		for _, w := range l.ground.words[name] {
			if w.Speaker = whose(w); now[w.ID] != w.Speaker {
				wrong = append(wrong, w)
			}
		}
		for len(wrong) > 0 {
			n := min(len(wrong), wordsAtOnce)
			if err := d.opts.Emit(d.opts.Encoder.Words(d.at, event.Words{Recogniser: name, List: wrong[:n]})); err != nil {
				return err
			}
			wrong = wrong[n:]
		}
	}
	return nil
}

// owners returns a function that finds the speaker of a word. Among the turns, at the end
// of the run, of the speaker whom the word had then, it finds the turn nearest to the word;
// the speaker who has that turn now is the word's.
func (l *Late) owners(d *Desk) func(event.Word) event.Speaker {
	view := d.view()
	if len(d.gifts) == 0 {
		return func(w event.Word) event.Speaker { return event.Speaker(view.who(int(w.Speaker))) }
	}
	own := map[event.Speaker][]event.Turn{} // by start
	for _, t := range l.ground.turns {
		own[t.Speaker] = append(own[t.Speaker], t)
	}
	return func(w event.Word) event.Speaker {
		turns := own[w.Speaker]
		middle := (w.Start + w.End) / 2
		away := func(t event.Turn) event.Time { return max(t.Start-middle, middle-t.End, 0) }
		i, _ := slices.BinarySearchFunc(turns, middle, func(t event.Turn, m event.Time) int {
			if t.Start <= m {
				return -1
			}
			return 1
		})
		if i == len(turns) || i > 0 && away(turns[i-1]) <= away(turns[i]) {
			i--
		}
		if i >= 0 {
			if t, ok := d.turns[turns[i].ID]; ok {
				return event.Speaker(at(d.pieces(view, t.Turn, false), middle))
			}
		}
		return event.Speaker(view.who(int(w.Speaker)))
	}
}

// at is the speaker of the piece at a moment, or of the nearest piece.
func at(all []piece, moment event.Time) int {
	for _, p := range all {
		if int64(moment) < p.end {
			return p.who
		}
	}
	return all[len(all)-1].who
}
