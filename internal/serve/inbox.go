package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// inbox receives the corrections of one run. It puts each correction among the stream's sound
// and answers when the owner has read it there. A client whose owner was replaced before the
// answer asks the next owner with the same ID.
type inbox struct {
	s                    *shared
	stream, run, session string

	ctx    context.Context
	cancel context.CancelFunc
	sub    *nats.Subscription
	wg     sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	waiting map[string][]chan outcome // by the ID of the correction
}

// outcome is the result of a correction.
type outcome struct {
	reply correct.Reply
	err   error
}

// Bounds of an inbox: how long a client waits for its answer, and how many clients may wait.
const (
	waitForPlace = 10 * time.Second
	maxWaiting   = 64
)

// openInbox begins to receive the corrections of a run.
func openInbox(s *shared, stream, run, session string) (*inbox, error) {
	in := &inbox{s: s, stream: stream, run: run, session: session, waiting: map[string][]chan outcome{}}
	in.ctx, in.cancel = context.WithCancel(context.Background())
	var err error
	if in.sub, err = s.nc.Subscribe(correct.Subject(stream), in.hear); err != nil {
		in.cancel()
		return nil, fmt.Errorf("corrections of stream %s: %w", stream, err)
	}
	return in, nil
}

// close stops receiving. Corrections that are stored among the sound are answered by the next
// owner. If ended is true, the run is over and they are refused.
func (in *inbox) close(ended bool) {
	_ = in.sub.Unsubscribe() // an error means that it has ended
	in.mu.Lock()
	in.closed = true
	if ended {
		over := outcome{err: fmt.Errorf("%w: the stream has ended", correct.ErrRefused)}
		for _, all := range in.waiting {
			for _, w := range all {
				w <- over
			}
		}
	}
	in.waiting = nil
	in.mu.Unlock()
	in.cancel()
	in.wg.Wait()
}

// hear stores one correction among the sound. Corrections are stored in the order in which
// they come.
func (in *inbox) hear(m *nats.Msg) {
	c, err := correct.Decode(m.Data)
	if err != nil {
		correct.Answer(m, correct.Reply{}, err)
		return
	}
	if c.ID == "" {
		c.ID = rand.Text()
	}
	if c.Run == "" {
		c.Run = in.run // a run that begins before the correction is stored must not take it
	}
	wait, err := in.expect(c.ID)
	if err != nil {
		correct.Answer(m, correct.Reply{}, err)
		return
	}
	defer in.wg.Done()
	if err := in.s.putNote(in.ctx, in.stream, in.session, noteCorrection, c); err != nil {
		// Perhaps it was stored, and the answer was lost. Another request finds out.
		in.forget(c.ID, wait)
		return
	}
	in.wg.Go(func() {
		timer := time.NewTimer(waitForPlace)
		defer timer.Stop()
		select {
		case o := <-wait:
			correct.Answer(m, o.reply, o.err)
		case <-timer.C:
		case <-in.ctx.Done():
			select {
			case o := <-wait:
				correct.Answer(m, o.reply, o.err)
			default:
			}
		}
		in.forget(c.ID, wait)
	})
}

// errBusy is the error while more corrections wait than people make.
var errBusy = errors.New("too many corrections wait already: try again")

// expect registers a correction whose outcome is awaited. The caller is counted in wg.
func (in *inbox) expect(id string) (chan outcome, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.closed:
		return nil, correct.ErrNobody
	case len(in.waiting) >= maxWaiting || len(in.waiting[id]) >= maxWaiting:
		return nil, errBusy
	}
	wait := make(chan outcome, 1)
	in.waiting[id] = append(in.waiting[id], wait)
	in.wg.Add(1)
	return wait, nil
}

func (in *inbox) forget(id string, wait chan outcome) {
	in.mu.Lock()
	defer in.mu.Unlock()
	rest := in.waiting[id][:0:0]
	for _, w := range in.waiting[id] {
		if w != wait {
			rest = append(rest, w)
		}
	}
	if len(rest) > 0 {
		in.waiting[id] = rest
	} else {
		delete(in.waiting, id)
	}
}

// answer sends the outcome of a correction to the client that waits for it.
func (in *inbox) answer(id string, reply correct.Reply, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, w := range in.waiting[id] {
		w <- outcome{reply, err}
	}
	delete(in.waiting, id)
}

// listen begins to receive the corrections of the run, if there is a run.
func (o *owner) listen() {
	o.listenToWords()
	if o.follow.session == "" || o.inbox != nil {
		return
	}
	in, err := openInbox(o.w.s, o.stream, o.follow.enc.Run, o.follow.session)
	if err != nil {
		o.report(err) // the next message tries again
		return
	}
	o.inbox = in
}

// shut stops receiving corrections. ended says that the run is over.
func (o *owner) shut(ended bool) {
	if o.words != nil {
		o.words.close(ended)
		o.words = nil
	}
	if o.inbox != nil {
		o.inbox.close(ended)
		o.inbox = nil
	}
}

// answer passes the outcome of a correction to the client that asked this process.
func (o *owner) answer(id string, reply correct.Reply, err error) {
	if o.inbox != nil {
		o.inbox.answer(id, reply, err)
	}
}
