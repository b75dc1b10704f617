package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus"
)

// courier sends the events of spools to the server.
type courier struct {
	nc     *nats.Conn
	sender sender
	// report is called with errors after which the courier goes on.
	report func(error)
}

func newCourier(nc *nats.Conn, stream StreamOptions, report func(error)) (*courier, error) {
	js, err := bus.JetStream(nc, jetstream.WithPublishAsyncTimeout(ackTimeout), jetstream.WithDefaultTimeout(ackTimeout))
	if err != nil {
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	return &courier{nc: nc, report: report, sender: sender{js: js, last: map[string]uint64{}, report: report,
		ensure: func(ctx context.Context) error { return EnsureStream(ctx, nc, stream) }}}, nil
}

// stop cleans up the publisher of the connection, after a delay. The first publishing starts a
// goroutine of nats.go. That goroutine reads the channel that ends it only when it begins to run,
// and would wait for ever if the channel were closed before (nats.go 1.55,
// resetPendingAcksOnReconnect).
func (c *courier) stop() { time.AfterFunc(stopAfter, c.sender.js.CleanupPublisher) }

const stopAfter = 2 * time.Second

// deliver sends the events of s until s is closed and empty, ctx is done, or an event can never be
// stored. It calls acked after each event, and when it has found out which events of an earlier
// process the server has.
func (c *courier) deliver(ctx context.Context, s *spool, acked func()) error {
	if s.inherited > 0 && !s.looked {
		if err := c.look(ctx, s); err != nil {
			return err
		}
		acked()
	}
	for ctx.Err() == nil {
		p, done, err := s.pop()
		if stuck := s.cursorError(); stuck != nil {
			c.reportCursor(stuck)
		}
		if done || err != nil {
			return err
		}
		if p == nil {
			select {
			case <-s.more:
			case <-ctx.Done():
			}
			continue
		}
		if err := c.deliverOne(ctx, s, p); err != nil {
			return err
		}
		acked()
	}
	return ctx.Err()
}

func (c *courier) deliverOne(ctx context.Context, s *spool, p *parcel) error {
	msg := message(p.event, p.data)
	if p.filler {
		var err error
		if msg, err = NewMessage(p.event); err != nil {
			return err
		}
	}
	kind, subject := p.event.Kind, Subject(p.event.Stream, p.event.Kind)
	fence, kept := s.fence(kind)
	if kept && p.unsure {
		c.sender.last[subject] = fence
	}
	c.sender.learned = func(last uint64) {
		if err := s.keep(kind, last); err != nil {
			c.report(err)
		}
	}
	if last, ok := c.sender.last[subject]; ok && !kept {
		c.sender.learned(last)
	}
	if err := c.sender.send(ctx, msg, p.unsure); err != nil {
		return err
	}
	if err := s.done(p, c.sender.last[subject]); err != nil {
		c.reportCursor(err)
	}
	return nil
}

func (c *courier) reportCursor(err error) {
	c.report(fmt.Errorf("%w: after a crash, events may be sent again", err))
}
