package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// courier takes the events out of spools to the server.
type courier struct {
	sender sender
	// report hears of what goes wrong without stopping anything.
	report func(error)
}

func newCourier(nc *nats.Conn, stream StreamOptions, report func(error)) (*courier, error) {
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncTimeout(ackTimeout), jetstream.WithDefaultTimeout(ackTimeout))
	if err != nil {
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	return &courier{report: report, sender: sender{js: js, last: map[string]uint64{}, report: report,
		ensure: func(ctx context.Context) error { return EnsureStream(ctx, nc, stream) }}}, nil
}

// stop lets go of what belongs to the connection, in a while: the first publishing
// starts a goroutine of nats.go that takes the channel that ends it only when it
// gets to run, and would wait for ever if it came too late (nats.go 1.55,
// resetPendingAcksOnReconnect).
func (c *courier) stop() { time.AfterFunc(stopAfter, c.sender.js.CleanupPublisher) }

const stopAfter = 2 * time.Second

// deliver sends the events of s until it is closed and empty, ctx is done or an
// event can never be stored. Acked is called after each.
func (c *courier) deliver(ctx context.Context, s *spool, acked func()) error {
	for ctx.Err() == nil {
		data, unsure, done, err := s.pop()
		if done || err != nil {
			return err
		}
		if data == nil {
			select {
			case <-s.more:
			case <-ctx.Done():
			}
			continue
		}
		if err := c.deliverOne(ctx, s, data, unsure); err != nil {
			return err
		}
		acked()
	}
	return ctx.Err()
}

func (c *courier) deliverOne(ctx context.Context, s *spool, data []byte, unsure bool) error {
	e, err := Decode(data)
	if err != nil {
		return err
	}
	subject := e.Subject()
	fence, kept := s.fence(e.Kind)
	if kept && unsure {
		c.sender.last[subject] = fence
	}
	// Without a fence the event was never sent: it is kept before the sending.
	unsure = unsure && kept
	c.sender.learned = func(last uint64) {
		if err := s.keep(e.Kind, last); err != nil {
			c.report(err)
		}
	}
	if last, ok := c.sender.last[subject]; ok && !kept {
		c.sender.learned(last)
	}
	if err := c.sender.send(ctx, e.message(data), unsure); err != nil {
		return err
	}
	if err := s.done(e.Seq, e.Kind, c.sender.last[subject]); err != nil {
		c.report(fmt.Errorf("%w: after a crash, events may be sent again", err))
	}
	return nil
}
