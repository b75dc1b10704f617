package correct

import (
	"github.com/seed-7adb9000/diarizer/event"
)

// wordsAtOnce is how many words one event has at most, so that it stays small.
const wordsAtOnce = 200

// keepWords keeps the words of the run with the speakers that they have now, at its end.
func (l *Late) keepWords() {
	l.ground.words = map[string][]event.Word{}
	for _, name := range l.tl.Recognisers() {
		l.ground.words[name] = l.tl.Words(name)
	}
}

// giveWordsBack emits the words that are not whose they should be after the events of a
// correction. A merge takes words along by itself; taking one back does not.
func (l *Late) giveWordsBack(d *Desk, events []event.Event) error {
	into := map[event.Speaker]event.Speaker{}
	for _, e := range events {
		if e.Kind == event.SpeakerMerged {
			into[e.Speaker] = e.Into
		}
	}
	view := d.view()
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
			if w.Speaker = event.Speaker(view.who(int(w.Speaker))); now[w.ID] != w.Speaker {
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
