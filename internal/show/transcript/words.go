package transcript

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/words"
)

// WordPrinter writes what is said, and by whom. A line comes when a speaker has finished,
// or has said enough for a line. When words get another speaker after they were told, a
// line says so. If a run has several recognisers, the first one's words are used.
type WordPrinter struct {
	*Printer
	runs map[string]*wordRun
}

// wordRun is the state of one run, and what was told of its words.
type wordRun struct {
	run
	recogniser string
	pending    map[int]event.Word // words that are not told yet
	told       map[int]event.Word // the latest told words, as they were told
	changed    map[int]event.Word // told words that have another speaker now
	forgotten  int                // the highest id of the told words that are no longer remembered
	latest     event.Time         // more words may come from this time on
	mended     event.Time         // the time of the last corrections
}

// longLine is how many characters make a line complete at the end of a sentence.
const longLine = 80

// mostWords bounds how many told words are remembered. Corrections of older words are not
// told.
const mostWords = 5000

// recogniserLag is the longest expected delay of words behind the sound.
const recogniserLag = 5 * event.Rate

// pauseWithin is how long others speak until a speaker counts as finished.
const pauseWithin = event.Rate

// NewWords returns a WordPrinter on w.
func NewWords(w io.Writer, opts Options) *WordPrinter {
	return &WordPrinter{Printer: New(w, opts), runs: map[string]*wordRun{}}
}

// Event prints what e adds to the transcript.
func (p *WordPrinter) Event(e event.Event) error {
	key := e.Stream + "/" + e.Run
	r := p.runs[key]
	if r == nil {
		r = &wordRun{run: run{tl: event.NewPartialTimeline()}, pending: map[int]event.Word{},
			told: map[int]event.Word{}, changed: map[int]event.Word{}}
		r.tl.Bound(p.most)
		p.runs[key] = r
	}
	seq := r.tl.Seq()
	var lines []string
	if e.Seq > seq && (e.At > r.mended || e.Kind == event.StreamEnded) {
		lines = p.mends(r)
		r.mended = e.At
	}
	err := r.tl.Apply(e)
	if errors.Is(err, event.ErrHole) { // the reader of the events has reported the hole
		r.tl.Skip(e)
		err = r.tl.Apply(e)
	}
	if err != nil || r.tl.Seq() == seq {
		return err
	}
	switch e.Kind {
	case event.WordsAttributed:
		r.sort(*e.Words)
	case event.SpeakerMerged:
		r.merge(e.Speaker, e.Into)
		lines = append(lines, p.lines(e, &r.run)...)
	case event.StreamEnded:
		lines = append(lines, p.finished(r, true)...)
		lines = append(lines, p.lines(e, &r.run)...)
		delete(p.runs, p.ended(key))
	case event.StreamStarted, event.SpeakerIdentified, event.GapFound, event.Marked:
		lines = append(lines, p.lines(e, &r.run)...)
	}
	if e.Correction != nil { // after the end no later event comes
		lines = append(lines, p.mends(r)...)
	}
	r.latest = max(r.latest, e.At-recogniserLag)
	lines = append(lines, p.finished(r, r.tl.Ended() != nil)...)
	return p.print(e.Stream, lines)
}

// sort sorts words into words to tell and words that were told with another speaker.
func (r *wordRun) sort(w event.Words) {
	r.recogniser = cmp.Or(r.recogniser, w.Recogniser)
	if w.Recogniser != r.recogniser {
		return
	}
	for _, word := range w.List {
		r.latest = max(r.latest, word.Start)
		was, told := r.told[word.ID]
		_, pending := r.pending[word.ID]
		if !told && !pending && word.ID <= r.forgotten {
			continue // it was told: new words have higher ids
		}
		if !told {
			r.pending[word.ID] = word
		} else if was.Speaker != word.Speaker {
			r.changed[word.ID] = word
		} else {
			delete(r.changed, word.ID)
		}
	}
}

func (r *wordRun) merge(speaker, into event.Speaker) {
	for _, all := range []map[int]event.Word{r.pending, r.told, r.changed} {
		for id, w := range all {
			if w.Speaker == speaker {
				w.Speaker = into
				all[id] = w
			}
		}
	}
	for id, w := range r.changed {
		if r.told[id].Speaker == w.Speaker {
			delete(r.changed, id)
		}
	}
}

// byTime orders words by start.
func byTime(all map[int]event.Word) []event.Word {
	return slices.SortedFunc(maps.Values(all), func(a, b event.Word) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.ID, b.ID))
	})
}

// finished returns the lines for the words that can be told, at the end for all words.
func (p *WordPrinter) finished(r *wordRun, end bool) []string {
	if len(r.pending) == 0 {
		return nil
	}
	list := byTime(r.pending)
	// Segments has copies of the words, in order for each speaker.
	ids := map[string][]int{}
	all := said.Words(list)
	for i, w := range all {
		ids[w.Speaker] = append(ids[w.Speaker], list[i].ID)
	}
	var lines []string
	for _, s := range words.Segments(all) {
		own := ids[s.Speaker][:len(s.Words)]
		ids[s.Speaker] = ids[s.Speaker][len(s.Words):]
		n := len(s.Words)
		if !end && r.latest < event.TimeOf(s.End)+pauseWithin {
			n = sentences(s.Words)
		}
		if n == 0 {
			continue
		}
		for _, id := range own[:n] {
			r.told[id] = r.pending[id]
			delete(r.pending, id)
		}
		first := r.told[own[0]]
		text := words.Segment{Words: s.Words[:n]}.Text()
		lines = append(lines, fmt.Sprintf("%s  %s %s", p.faint.Render(Clock(first.Start)), p.padded(first.Speaker, r.tl), clean(text)))
	}
	r.forget()
	return lines
}

// sentences is how many words of a speaker who goes on are whole sentences and enough for a
// line.
func sentences(list []words.Said) int {
	length, n := 0, 0
	for i, w := range list {
		length += len(w.Text) + 1
		if length > longLine && i+1 < len(list) && strings.HasSuffix(strings.TrimRight(w.Text, `"')”’»`), ".") {
			n = i + 1
		}
	}
	return n
}

// forget forgets the oldest told words when there are too many.
func (r *wordRun) forget() {
	if len(r.told) <= mostWords {
		return
	}
	for _, w := range byTime(r.told)[:mostWords/5] {
		delete(r.told, w.ID)
		r.forgotten = max(r.forgotten, w.ID)
	}
}

// mends returns the lines for told words that have another speaker now: one line for each
// run of such words.
func (p *WordPrinter) mends(r *wordRun) []string {
	if len(r.changed) == 0 {
		return nil
	}
	var lines []string
	var row []event.Word
	was := event.Unknown
	flush := func() {
		if len(row) == 0 {
			return
		}
		text := words.Segment{Words: said.Words(row)}.Text()
		lines = append(lines, p.faint.Render(fmt.Sprintf("%s%s “%s” is ", aside, clock(row[0].Start), clean(text)))+
			p.speaker(row[0].Speaker, r.tl)+p.faint.Render(", not ")+p.speaker(was, r.tl))
		row = nil
	}
	for _, w := range byTime(r.told) {
		now, ok := r.changed[w.ID]
		if !ok || len(row) > 0 && (now.Speaker != row[0].Speaker || w.Speaker != was) {
			flush()
		}
		if ok {
			row, was = append(row, now), w.Speaker
			r.told[w.ID] = now
		}
	}
	flush()
	clear(r.changed)
	return lines
}
