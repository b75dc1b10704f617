package session

import (
	"context"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
)

// listening joins the words of recognisers with the turns of a run. Use it only while the
// desk's lock is held: in Emit, or in a function handed to Add.
type listening struct {
	enc  *event.Encoder
	room heard.Room
	// news holds one signal that a message has arrived.
	news chan struct{}
}

// lastWords is how long the end of a run waits for the last words by default, and
// hurry how long at most once ctx is done.
const (
	lastWords = 10 * time.Second
	hurry     = 2 * time.Second
)

// takeWords opens the run to recognisers.
func (r *run) takeWords() (stop func(), err error) {
	r.words.news = make(chan struct{}, 1)
	if r.opts.OnWords != nil {
		r.opts.OnWords(r.hear)
	}
	if r.opts.NATS == nil {
		return func() {}, nil
	}
	return heard.Serve(r.opts.NATS, r.opts.Stream, r.hear)
}

// hear takes a recogniser's words and emits the events that they lead to.
func (r *run) hear(m heard.Message) (reply heard.Reply, err error) {
	err = r.desk.Add(func(enc *event.Encoder, at int64) ([]event.Event, error) {
		changes, taken, err := r.words.room.Hear(m)
		if err != nil {
			return nil, err
		}
		reply.Words = taken
		return encode(enc, at, changes), nil
	})
	if m.Partial && err == nil && r.opts.OnPartial != nil {
		r.opts.OnPartial(r.opts.Stream, m)
	}
	select {
	case r.words.news <- struct{}{}:
	default:
	}
	return reply, err
}

func encode(enc *event.Encoder, at int64, changes []event.Words) []event.Event {
	var events []event.Event
	for _, w := range changes {
		events = append(events, enc.Words(at, w))
	}
	return events
}

// attributed passes an event on, and after it the words whose speaker it changes.
func (r *run) attributed(e event.Event) error {
	if err := r.event(e); err != nil {
		return err
	}
	for _, w := range encode(r.words.enc, int64(e.At), r.words.room.Follow(e)) {
		if err := r.event(w); err != nil {
			return err
		}
	}
	return nil
}

// awaitWords waits until every recogniser that has begun has ended, because recognisers are
// behind the sound.
func (r *run) awaitWords(ctx context.Context) {
	within := r.opts.WordsWithin
	if within == 0 {
		within = lastWords
	}
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for done := ctx.Done(); r.waiting(); {
		select {
		case <-r.words.news:
		case <-deadline.C:
			return
		case <-done:
			done = nil
			deadline.Reset(min(within, hurry))
		}
	}
}

func (r *run) waiting() (waiting bool) {
	// An error means that the run has ended.
	_ = r.desk.Add(func(*event.Encoder, int64) ([]event.Event, error) {
		waiting = r.words.room.Waiting()
		return nil, nil
	})
	return waiting
}
