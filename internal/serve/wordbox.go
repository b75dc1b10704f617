package serve

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/bits"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/internal/session/heard"
)

// wordbox receives the words that recognisers send for one run. It stores them among the
// stream's sound, so that every owner reads them at the same place. It answers when its own
// owner has read them.
type wordbox struct {
	s                    *shared
	stream, run, session string
	// tell is called for messages that were refused or lost: with the reason, how many they
	// are, and how many there were in all.
	tell func(why error, n, all uint64)

	ctx    context.Context
	cancel context.CancelFunc
	sub    *nats.Subscription
	busy   sync.Mutex // held while a message is stored

	mu      sync.Mutex
	closed  bool
	waiting map[string]*nats.Msg // requests, by the ID of their note
	budget  heard.Budget
	refused uint64
	lost    int // messages that came too fast and were dropped
}

// mostRequests bounds the requests that wait for their answer.
const mostRequests = 64

// openWordbox begins to receive the words of a run.
func openWordbox(s *shared, stream, run, session string, budget heard.Budget, tell func(why error, n, all uint64)) (*wordbox, error) {
	b := &wordbox{s: s, stream: stream, run: run, session: session, tell: tell, waiting: map[string]*nats.Msg{}, budget: budget}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	var err error
	if b.sub, err = s.nc.Subscribe(heard.Subject(stream), b.hear); err == nil {
		err = b.sub.SetPendingLimits(heard.MostUnread, heard.MostBytes)
	}
	if err != nil {
		b.cancel()
		return nil, fmt.Errorf("words of stream %s: %w", stream, err)
	}
	return b, nil
}

// close stops receiving. Words that are stored among the sound are answered by the next owner.
// If ended is true, the run is over and they are refused.
func (b *wordbox) close(ended bool) {
	_ = b.sub.Unsubscribe() // an error means that it has ended
	b.cancel()
	b.busy.Lock() // no message is stored after this
	defer b.busy.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if ended {
		for _, m := range b.waiting {
			heard.Answer(m, heard.Reply{}, errEndedWords)
		}
	}
	b.waiting = nil
}

// hear stores one message among the sound. Messages are stored in the order in which they come.
func (b *wordbox) hear(m *nats.Msg) {
	b.busy.Lock()
	defer b.busy.Unlock()
	b.overrun()
	message, err := heard.Decode(m.Data)
	switch {
	case err != nil:
	case message.Run != "" && message.Run != b.run:
		err = fmt.Errorf("%w: they are of run %s, and this is run %s", heard.ErrRefused, message.Run, b.run)
	case message.Partial: // only for subscribers of the subject
		heard.Answer(m, heard.Reply{}, nil)
		return
	}
	id := ""
	if err == nil {
		id, err = b.expect(m)
	}
	var note json.RawMessage
	if err == nil {
		note, err = wordsNote{ID: id, Message: message}.encode()
	}
	if err != nil {
		b.forget(id)
		b.refuse(m, err)
		return
	}
	if err := b.s.putNote(b.ctx, b.stream, b.session, noteWords, note); err != nil {
		// Perhaps the words were stored, and the answer was lost. Sent again, they do no harm.
		b.forget(id)
		if b.ctx.Err() == nil {
			b.refuse(nil, err)
		}
	}
}

// expect checks that there is room for a message, and keeps a request for its answer.
func (b *wordbox) expect(m *nats.Msg) (id string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return "", heard.ErrNobody
	case len(b.waiting) >= mostRequests:
		return "", fmt.Errorf("%w: %d messages wait already: try again", heard.ErrRefused, mostRequests)
	}
	if err := b.budget.Take(time.Now(), len(m.Data)); err != nil {
		return "", err
	}
	if m.Reply != "" {
		id = rand.Text()
		b.waiting[id] = m
	}
	return id, nil
}

func (b *wordbox) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.waiting, id)
}

// refuse answers a message that was not stored, and reports it to tell.
func (b *wordbox) refuse(m *nats.Msg, err error) {
	if m != nil {
		heard.Answer(m, heard.Reply{}, err)
	}
	b.count(err, 1)
}

func (b *wordbox) count(why error, n int) {
	b.refused += uint64(n)
	b.tell(why, uint64(n), b.refused)
}

// overrun counts the messages that NATS dropped because they were too many.
func (b *wordbox) overrun() {
	if n, err := b.sub.Dropped(); err == nil && n > b.lost {
		b.count(heard.ErrTooMany, n-b.lost)
		b.lost = n
	}
}

// answer sends the result of a message of words to the client that waits for it.
func (b *wordbox) answer(id string, reply heard.Reply, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m := b.waiting[id]; m != nil {
		heard.Answer(m, reply, err)
		delete(b.waiting, id)
	}
}

// listenToWords begins to receive the words of the run, if there is a run.
func (o *owner) listenToWords() {
	if o.follow.session == "" || o.words != nil {
		return
	}
	box, err := openWordbox(o.w.s, o.stream, o.follow.enc.Run, o.follow.session, heard.NewBudget(time.Now(), o.w.opts.wordBytes), func(why error, n, all uint64) {
		o.w.metrics.wordsRefused.Add(float64(n))
		if all == n || bits.Len64(all) > bits.Len64(all-n) { // more and more rarely
			o.log.Warn("words are refused", "why", short(why), "messages", all)
		}
	})
	if err != nil {
		o.report(err) // the next message tries again
		return
	}
	o.words = box
}

// answerWords passes the result of words to the client that sent them to this process.
func (o *owner) answerWords(id string, reply heard.Reply, err error) {
	if o.words != nil {
		o.words.answer(id, reply, err)
	}
}
