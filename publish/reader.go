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
	// beat is how often the server says that it is still there; twice as long
	// without a word and the consumer is given up.
	beat = 5 * time.Second
	// shortAttempts is how many times a stream may be short before that is
	// taken for true: a cluster that has just come up may still be catching up.
	shortAttempts = 7
)

// reader keeps its place in the JetStream stream from one consumer to the next.
//
// An ordered consumer of the library would start again behind the last number
// whatever the stream has become. The server obeys a start beyond the end, so
// that after a stream was replaced, or cut back by a crash of the server's
// machine, everything would be skipped until the old number is reached. This
// reader starts again at the last message and looks whether it is the same.
type reader struct {
	nc       *nats.Conn
	js       jetstream.JetStream
	opts     SubscribeOptions
	at       place     // the last message
	oldest   time.Time // when the first message was stored
	newest   time.Time // and when the newest so far
	created  time.Time // of the JetStream stream that at belongs to
	heard    heard
	back     bool // read again what is younger than at, whatever its number
	doubted  bool // the next hole was read twice
	failures int  // in a row
}

// consumer is one life of a reader's consumer on the server.
type consumer struct {
	jetstream.MessagesContext
	info      func(context.Context) (*jetstream.ConsumerInfo, error)
	delivered uint64
	overlap   bool // the first message is to be the last that was read
}

// errAgain ends a consumer whose successor does better.
var errAgain = errors.New("reading goes on with another consumer")

// read yields events from one consumer and reports whether to try another.
func (r *reader) read(ctx context.Context, yield func(Message, error) bool) (again bool) {
	// A consumer from before a lost connection may be gone, and says so late.
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
	defer context.AfterFunc(ctx, c.Stop)() // ends a wait for a lost server too
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
			if !yield(Message{}, err) {
				return false
			}
		case errors.Is(err, event.ErrHole):
			if !yield(Message{}, err) || !yield(m, nil) {
				return false
			}
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			return r.retry(ctx, fmt.Errorf("the server has fallen silent: %w", err), yield)
		case err != nil:
			return true // what does not pass, the next attempt will say
		case !yield(m, nil):
			return false
		}
	}
}

// retry reports whether err may pass; otherwise it yields it.
func (r *reader) retry(ctx context.Context, err error, yield func(Message, error) bool) bool {
	switch {
	case ctx.Err() != nil:
		return false
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, ErrNoJetStream),
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

// open starts a consumer at the last message read. Lost says what the server
// has deleted since.
func (r *reader) open(ctx context.Context) (c *consumer, lost, err error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	stream, err := r.js.Stream(ctx, JetStreamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		r.opts.NewOnly = false // whatever comes is new
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

// next returns the next message that was not read before. With an error that
// matches [event.ErrHole] it comes after events that are not there.
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
			return Message{}, err
		}
		r.heard.event(m.Event)
		if hole != nil && hole.Want > 0 {
			return m, hole
		}
		return m, nil
	}
}

// check asks, when nothing came for long, whether the server sent anything: it
// keeps no copy for a consumer that does not acknowledge. Who may not ask finds
// out with the next message.
func (c *consumer) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	info, err := c.info(ctx)
	if errors.Is(err, jetstream.ErrConsumerNotFound) || err == nil && info.Delivered.Consumer > c.delivered {
		return errAgain
	}
	return nil
}
