package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
)

const (
	// beat is the time between two heartbeats of the server. The consumer is given up after
	// twice that time without any.
	beat = 5 * time.Second
	// shortAttempts is how many times a stream may end before the last read message until
	// the reader believes it. A cluster that has just started may still be catching up.
	shortAttempts = 7
)

// reader keeps its place in the JetStream stream from one consumer to the next.
//
// An ordered consumer of the library would start again behind the last number, even if the stream has
// been replaced. The server accepts a start beyond the end. So after a stream was replaced, or cut back
// by a crash of the server's machine, all messages up to the old number would be skipped. This reader
// starts again at the last message that it read, and checks whether it is still the same.
type reader struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	opts     SubscribeOptions
	at       place     // the last message
	oldest   time.Time // storing time of the first message
	newest   time.Time // storing time of the newest message so far
	created  time.Time // of the JetStream stream that at belongs to
	answered bool      // whether JetStream has answered, with or without the stream
	heard    heard
	back     bool // whether messages younger than at are read again, under any number
	doubted  bool // whether the next hole was read twice
	failures int  // in a row
}

// consumer is one life of a reader's consumer on the server.
type consumer struct {
	jetstream.MessagesContext
	info      func(context.Context) (*jetstream.ConsumerInfo, error)
	delivered uint64
	overlap   bool // whether the first message has to be the last one that was read
}

// errAgain ends a consumer, because a new one is needed.
var errAgain = errors.New("reading goes on with another consumer")

// read yields events from one consumer and reports whether to try another.
func (r *reader) read(ctx context.Context, yield func(Message, error) bool) (again bool) {
	// A consumer from before a lost connection may be gone, which the server tells late.
	connected := r.nc.StatusChanged(nats.CONNECTED)
	defer r.nc.RemoveStatusListener(connected)
	c, lost, err := r.open(ctx)
	if lost != nil && !yield(Message{}, lost) {
		if err == nil {
			c.Stop()
		}
		return false
	}
	if err != nil {
		return r.retry(ctx, err, yield)
	}
	defer func(opened time.Time) {
		if c.Stop(); time.Since(opened) > beat {
			r.failures = 0
		}
	}(time.Now())
	defer context.AfterFunc(ctx, c.Stop)() // also ends a wait for a lost server
	go func() {
		if _, ok := <-connected; ok {
			c.Stop()
		}
	}()
	for {
		m, err := r.next(ctx, c)
		switch {
		case ctx.Err() != nil:
			return false
		case errors.Is(err, ErrNotEvent):
			if !yield(m, err) {
				return false
			}
		case errors.Is(err, event.ErrHole):
			if !yield(Message{}, err) || !yield(m, nil) {
				return false
			}
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			return r.retry(ctx, fmt.Errorf("the server has fallen silent: %w", err), yield)
		case err != nil:
			return true // the next attempt finds a lasting error
		case !yield(m, nil):
			return false
		}
	}
}

// retry reports whether another attempt may succeed after err. Otherwise, it yields err.
func (r *reader) retry(ctx context.Context, err error, yield func(Message, error) bool) bool {
	switch {
	case ctx.Err() != nil:
		return false
	// JetStream that was there comes back: a leaf node without its hub answers as a server
	// without JetStream does.
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, ErrNoJetStream) && !r.answered,
		errors.Is(err, nats.ErrPermissionViolation),
		errors.Is(err, ErrReplaced) && r.failures >= shortAttempts:
		yield(Message{}, err)
		return false
	}
	if r.opts.OnWait != nil {
		r.opts.OnWait(err)
	}
	return true
}

// open starts a consumer at the last message that was read. lost is the error about messages that the
// server has deleted since.
func (r *reader) open(ctx context.Context) (c *consumer, lost, err error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	stream, err := r.js.Stream(ctx, JetStreamName)
	r.answered = r.answered || err == nil || errors.Is(err, jetstream.ErrStreamNotFound)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		r.opts.NewOnly = false // all messages from here on are new
		return nil, nil, fmt.Errorf("nothing has been published to this server yet: %w", err)
	}
	if err != nil {
		return nil, nil, apiError(err)
	}
	if lost, err = r.compare(stream.CachedInfo()); err != nil {
		return nil, lost, err
	}
	created, err := stream.CreateConsumer(ctx, r.config())
	if err != nil {
		return nil, lost, apiError(err)
	}
	messages, err := created.Messages(jetstream.PullExpiry(6*beat), jetstream.PullHeartbeat(beat))
	if err != nil {
		return nil, lost, err
	}
	return &consumer{MessagesContext: messages, info: created.Info, overlap: r.at.read && !r.back}, lost, nil
}

// next returns the next message that was not read before. An error that matches [event.ErrHole] says
// that events before the message are missing. With an error that matches [ErrNotEvent], all but the
// event of the message is set.
func (r *reader) next(ctx context.Context, c *consumer) (Message, error) {
	for {
		msg, err := c.Next(jetstream.NextMaxWait(6 * beat))
		if errors.Is(err, nats.ErrTimeout) {
			err = c.check(ctx)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return Message{}, err
		}
		r.failures = 0
		meta, err := msg.Metadata()
		if err != nil {
			return Message{}, fmt.Errorf("%s: %w: %w", msg.Subject(), ErrNotEvent, err)
		}
		// A server that comes back may begin an old consumer again.
		if c.delivered++; meta.Sequence.Consumer != c.delivered {
			return Message{}, errAgain
		}
		m, err := receive(msg, meta)
		if c.overlap {
			c.overlap = false
			if m.Number == r.at.number {
				if r.back = !m.Stored.Equal(r.at.stored); r.back {
					return Message{}, errAgain // another message has its number
				}
				continue
			}
		}
		if !m.Stored.After(r.newest) && (err != nil || r.heard.before(m.Event)) {
			r.advance(m) // read again
			continue
		}
		hole := r.hole(m, err)
		if hole != nil && !r.doubted {
			r.doubted = true
			return Message{}, errAgain
		}
		r.advance(m)
		r.doubted = false
		if err != nil {
			return m, err
		}
		r.heard.event(m.Event)
		if hole != nil && hole.Want > 0 {
			return m, hole
		}
		return m, nil
	}
}

// check asks the server after a long silence whether it has sent a message that did not arrive. The
// server does not send it again, as the consumer does not acknowledge. A client without the permission
// to ask finds out with the next message.
func (c *consumer) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	info, err := c.info(ctx)
	if errors.Is(err, jetstream.ErrConsumerNotFound) || err == nil && info.Delivered.Consumer > c.delivered {
		return errAgain
	}
	return nil
}
