package heard

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/words"
)

// Room joins the words of recognisers with the turns of one run. Its answers depend only on
// the events and messages that it is handed, and on their order. The zero value is ready.
// Its methods must not be called at the same time.
type Room struct {
	run    string
	origin time.Time
	turns  map[int]words.Turn // by id, for recognisers that begin later
	all    map[string]*listener
}

// listener is the state of one recogniser.
type listener struct {
	live  words.Live
	seq   uint64
	ended bool
}

// MaxRecognisers is how many recognisers one run takes words from.
const MaxRecognisers = 8

// perEvent is how many words one event carries at most, far below what NATS carries.
const perEvent = 200

// Hear takes a message. It returns the words that have got a speaker, or another speaker,
// and nil if none has. taken is how many of the message's words belong to the run. It is the
// same number if the message comes again; words that are settled by then are not compared.
// The error matches [ErrMalformed] or [ErrRefused].
func (r *Room) Hear(m Message) (changes []event.Words, taken int, err error) {
	if err := m.Check(); err != nil {
		return nil, 0, err
	}
	if r.run == "" {
		return nil, 0, fmt.Errorf("%w: the run has not begun", ErrRefused)
	}
	if m.Run != "" && m.Run != r.run {
		return nil, 0, fmt.Errorf("%w: they are of run %s, and this is run %s", ErrRefused, m.Run, r.run)
	}
	if m.Partial { // partial words are for the subscribers of the subject
		return nil, 0, nil
	}
	l, err := r.listener(m.recogniser())
	if err != nil {
		return nil, 0, err
	}
	l.ended = l.ended || m.End
	list := m.list(r.origin)
	switch {
	case len(m.Words) > 0 && len(list) == 0:
		return nil, 0, fmt.Errorf("%w: all are from before the beginning of the stream, or too late: expected times from its first sample on, or the right origin", ErrRefused)
	case m.Seq != 0 && m.Seq <= l.seq:
		return nil, len(list), l.repeated(m, list)
	case m.Seq != 0:
		l.seq = m.Seq
	}
	if err := l.live.Add(list); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return r.changes(), len(list), nil
}

// repeated returns an error unless a message whose number is not a new one has the words
// of a message that was taken. A recogniser that was started again and counts from 1 again
// has other words.
func (l *listener) repeated(m Message, list []words.Word) error {
	for _, w := range list {
		if !l.live.Has(w) {
			return fmt.Errorf("%w: message %d of recogniser %s came before, with other words: expected seq %d or higher: a recogniser that is started again goes on counting, leaves seq out or takes another name",
				ErrRefused, m.Seq, m.recogniser(), l.seq+1)
		}
	}
	return nil
}

func (r *Room) listener(name string) (*listener, error) {
	l := r.all[name]
	switch {
	case l != nil:
		return l, nil
	case len(r.all) == MaxRecognisers:
		return nil, fmt.Errorf("%w: recogniser %s: there are %d already", ErrRefused, name, MaxRecognisers)
	case r.all == nil:
		r.all = map[string]*listener{}
	}
	l = &listener{}
	for id, t := range r.turns {
		l.live.Set(id, t)
	}
	r.all[name] = l
	for _, l := range r.all { // all recognisers share one bound
		l.live.Bound(words.LiveWords / len(r.all))
	}
	return l, nil
}

// Follow takes the next event of the run and returns the words that have another speaker
// because of it. Events come in their order.
func (r *Room) Follow(e event.Event) []event.Words {
	r.run = e.Run
	switch e.Kind {
	case event.StreamStarted:
		r.origin = e.Source.Origin
		return nil
	case event.TurnWithdrawn:
		delete(r.turns, e.Turn.ID)
		r.each(func(l *words.Live) { l.Remove(e.Turn.ID) })
	case event.TurnStarted, event.TurnUpdated, event.TurnEnded, event.TurnRevised:
		r.set(e.Turn.ID, said.Turn(*e.Turn))
	case event.SpeakerMerged:
		from, to := e.Speaker.String(), e.Into.String()
		for id, t := range r.turns {
			if t.Speaker == from {
				t.Speaker = to
				r.turns[id] = t
			}
		}
		r.each(func(l *words.Live) { l.Merge(from, to) })
	default:
		return nil
	}
	return r.changes()
}

// set keeps the latest turns for recognisers that begin later, and tells the others of t.
func (r *Room) set(id int, t words.Turn) {
	if r.turns == nil {
		r.turns = map[int]words.Turn{}
	}
	r.turns[id] = t
	if len(r.turns) > words.LiveTurns {
		ids := slices.Sorted(maps.Keys(r.turns))
		for _, old := range ids[:len(ids)/8] {
			delete(r.turns, old)
		}
	}
	r.each(func(l *words.Live) { l.Set(id, t) })
}

func (r *Room) each(do func(*words.Live)) {
	for _, l := range r.all {
		do(&l.live)
	}
}

// Waiting reports whether a recogniser has begun and not ended.
func (r *Room) Waiting() bool {
	for _, l := range r.all {
		if !l.ended {
			return true
		}
	}
	return false
}

// changes returns the changed words of all recognisers, ordered by recogniser, in lists
// that fit an event.
func (r *Room) changes() []event.Words {
	var out []event.Words
	for _, name := range slices.Sorted(maps.Keys(r.all)) {
		for some := range slices.Chunk(r.all[name].live.Changes(), perEvent) {
			w := event.Words{Recogniser: name}
			for _, c := range some {
				w.List = append(w.List, word(c))
			}
			out = append(out, w)
		}
	}
	return out
}

// word is a word in the form of events.
func word(c words.Change) event.Word {
	w := event.Word{ID: c.ID, Text: c.Text, Start: event.TimeOf(c.Start), End: event.TimeOf(c.End),
		Probability: c.Probability, Confidence: c.Confidence, Estimated: c.Estimated, Line: c.Break}
	if c.Speaker != "" {
		_ = w.Speaker.UnmarshalText([]byte(c.Speaker)) // it was written by MarshalText
	}
	return w
}
