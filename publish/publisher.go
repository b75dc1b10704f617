package publish

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrClosed is returned for an event that comes after [Publisher.Close].
var ErrClosed = errors.New("publisher is closed")

// ErrUnpublished is matched by the error of [Publisher.Flush] and
// [Publisher.Close] when the server has not acknowledged every event.
var ErrUnpublished = errors.New("events not acknowledged by the NATS server")

// DefaultQueue is the number of events that wait before updates of open turns
// are coalesced: several minutes of a lively meeting.
const DefaultQueue = 1024

// PublisherOptions change how a Publisher works. The zero value is fine.
type PublisherOptions struct {
	// Queue is how many events may wait before updates are coalesced;
	// DefaultQueue if 0.
	Queue int
	// Stream says how to create the JetStream stream if it is absent.
	Stream StreamOptions
	// OnError hears of everything that delays an event. It is called from
	// another goroutine.
	OnError func(error)
}

// Publisher hands the events of one run to a NATS server, in order and each
// once. [Publisher.Publish] never waits: while the server is slow or away, events
// wait in a queue, where an update of an open turn gives way to the next event
// of its turn once the queue is long. The numbers of the events are then
// closed up, so that what is published has no hole.
//
// An event counts as published when JetStream has acknowledged it. Without an
// acknowledgement it is sent again, with the same id, before any later one.
type Publisher struct {
	queue  *queue
	sender sender
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has returned

	mu      sync.Mutex
	pushed  uint64 // events taken, less those that gave way
	acked   uint64
	lastErr error // why the last attempt failed
	failed  error // why there will be no further attempt
	waiters []waiter
}

// waiter is a Flush that waits for so many acknowledgements.
type waiter struct {
	acked uint64
	ready chan struct{}
}

// Stats counts what a Publisher has done.
type Stats struct {
	// Queued events wait for their acknowledgement.
	Queued int
	// Acked events are stored by JetStream.
	Acked uint64
	// Coalesced updates gave way to newer events of their turns.
	Coalesced uint64
	// Retries counts attempts after the first of an event.
	Retries uint64
}

// NewPublisher returns a Publisher over nc, which stays the caller's. It works
// until [Publisher.Close].
func NewPublisher(nc *nats.Conn, opts PublisherOptions) (*Publisher, error) {
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(ackTimeout), jetstream.WithDefaultTimeout(ackTimeout))
	if err != nil {
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	if opts.Queue <= 0 {
		opts.Queue = DefaultQueue
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Publisher{queue: newQueue(opts.Queue), cancel: cancel, done: make(chan struct{})}
	p.sender = sender{js: js, last: map[string]uint64{},
		ensure: func(ctx context.Context) error { return EnsureStream(ctx, nc, opts.Stream) },
		report: func(err error) {
			p.setLastErr(err)
			if opts.OnError != nil {
				opts.OnError(err)
			}
		}}
	go func() {
		defer close(p.done)
		defer js.CleanupPublisher()
		p.run(ctx)
	}()
	return p, nil
}

// Publish takes an event and returns at once. All events must be of one run,
// in the order of their numbers. The error is [ErrClosed] or what ended the
// publisher: an event too large, a connection closed.
func (p *Publisher) Publish(e Event) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return p.failed
	}
	gaveWay, ok := p.queue.push(e)
	if !ok {
		return ErrClosed
	}
	p.pushed += 1 - uint64(gaveWay)
	return nil
}

// run sends what is queued until ctx is done or the queue closed and empty.
func (p *Publisher) run(ctx context.Context) {
	var seq uint64
	for {
		e, ok, done := p.queue.pop()
		if done {
			return
		}
		if !ok {
			select {
			case <-p.queue.more:
				continue
			case <-ctx.Done():
				return
			}
		}
		if seq == 0 {
			seq = e.Seq - 1
		}
		seq++
		e.Seq = seq
		if err := p.sendEvent(ctx, e); err != nil {
			p.fail(err)
			return
		}
	}
}

func (p *Publisher) sendEvent(ctx context.Context, e Event) error {
	if e.Status != nil {
		s := *e.Status
		stats := p.Stats()
		s.Queued, s.Coalesced = stats.Queued-1, stats.Coalesced
		e.Status = &s
	}
	msg, err := e.Message()
	if err == nil {
		err = p.sender.send(ctx, msg, false)
	}
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acked++
	p.lastErr = nil
	p.wake()
	return nil
}

// wake ends the Flushes that have waited long enough. The lock is held.
func (p *Publisher) wake() {
	kept := p.waiters[:0]
	for _, w := range p.waiters {
		// An update that was waited for may have given way since.
		if p.failed != nil || p.acked >= min(w.acked, p.pushed) {
			close(w.ready)
		} else {
			kept = append(kept, w)
		}
	}
	p.waiters = kept
}

func (p *Publisher) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = err
	p.wake()
}

func (p *Publisher) setLastErr(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastErr = err
}

// Flush waits until every event taken so far is acknowledged. Otherwise, when
// ctx is done or the publisher has failed, its error matches [ErrUnpublished]
// and says how many are left and why.
func (p *Publisher) Flush(ctx context.Context) error {
	p.mu.Lock()
	w := waiter{acked: p.pushed, ready: make(chan struct{})}
	p.waiters = append(p.waiters, w)
	p.wake()
	p.mu.Unlock()
	select {
	case <-w.ready:
	case <-p.done:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if left := int64(min(w.acked, p.pushed)) - int64(p.acked); left > 0 {
		return fmt.Errorf("%w: %d left: %w", ErrUnpublished, left, firstErr(p.failed, p.lastErr, ctx.Err(), ErrClosed))
	}
	return nil
}

func firstErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Close takes no more events, waits until all are acknowledged or ctx is done,
// and stops. Its error is that of [Publisher.Flush].
func (p *Publisher) Close(ctx context.Context) error {
	p.queue.close()
	err := p.Flush(ctx)
	p.cancel()
	<-p.done
	return err
}

// Stats returns the counts of now.
func (p *Publisher) Stats() Stats {
	_, coalesced := p.queue.counts()
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{Queued: int(p.pushed - p.acked), Acked: p.acked, Coalesced: coalesced, Retries: p.sender.retries.Load()}
}
