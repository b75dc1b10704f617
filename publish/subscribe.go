package publish

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Message is an event as it was received.
type Message struct {
	Event
	// Data is the JSON of the event as it came, with fields that this version
	// does not know.
	Data []byte
	// Number is the message's in the JetStream stream, the place to go on from.
	Number uint64
	// Stored is the wall-clock time at which the server stored it.
	Stored time.Time
	// Pending is the number of messages that the server had ready after it.
	Pending uint64
}

// SubscribeOptions say which events to read. The zero value reads all streams
// from the oldest event that the server keeps, and goes on as new ones come.
type SubscribeOptions struct {
	// Streams are the ids of the streams to read; none means all.
	Streams []string
	// Since skips what was stored before that time.
	Since time.Time
	// NewOnly skips everything that is stored already.
	NewOnly bool
	// After skips the messages up to that number; it overrules the two above.
	After uint64
	// OnWait hears why there is nothing to read yet or any more: no server, no
	// stream. Reading goes on by itself.
	OnWait func(error)
}

// ErrNotEvent is matched by an error of [Subscribe] for one message that is
// not an event. Reading can go on after it.
var ErrNotEvent = errors.New("not an event")

// Subscribe iterates over events in the order in which they were stored, until
// the loop ends or ctx is done, which is no error. It survives lost connections
// and restarts of the server without leaving anything out. An error comes with
// a zero Message: if it matches [ErrNotEvent] the next iteration goes on, after
// any other there is none.
func Subscribe(ctx context.Context, nc *nats.Conn, opts SubscribeOptions) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for _, s := range opts.Streams {
			if err := CheckStream(s); err != nil {
				yield(Message{}, err)
				return
			}
		}
		js, err := jetstream.New(nc)
		if err != nil {
			yield(Message{}, fmt.Errorf("JetStream: %w", err))
			return
		}
		r := &reader{js: js, opts: opts}
		for r.read(ctx, yield) {
			if !sleep(ctx, min(retryAtMost, 20*time.Millisecond<<min(r.failures, 10))) {
				return
			}
			r.failures++
		}
	}
}

// reader keeps its place in the JetStream stream from one consumer to the next.
type reader struct {
	js       jetstream.JetStream
	opts     SubscribeOptions
	last     uint64    // number of the last message read
	created  time.Time // of the JetStream stream that last belongs to
	failures int       // in a row
}

// read yields events from one consumer and reports whether to try another.
func (r *reader) read(ctx context.Context, yield func(Message, error) bool) (again bool) {
	messages, err := r.open(ctx)
	if err != nil {
		return r.retry(ctx, err, yield)
	}
	defer messages.Stop()
	stop := context.AfterFunc(ctx, messages.Stop) // ends a wait for a lost server too
	defer stop()
	for {
		msg, err := messages.Next()
		if ctx.Err() != nil {
			return false
		}
		if err != nil {
			return r.retry(ctx, err, yield)
		}
		r.failures = 0
		m, err := receive(msg)
		if m.Number > 0 {
			r.last = m.Number
		}
		if err != nil {
			m = Message{}
		}
		if !yield(m, err) {
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
		errors.Is(err, nats.ErrPermissionViolation):
		yield(Message{}, err)
		return false
	}
	if r.opts.OnWait != nil {
		r.opts.OnWait(err)
	}
	return true
}

// open starts a consumer behind the last message read.
func (r *reader) open(ctx context.Context) (jetstream.MessagesContext, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	stream, err := r.js.Stream(ctx, JetStreamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		r.opts.NewOnly = false // whatever comes is new
		return nil, fmt.Errorf("nothing has been published to this server yet: %w", err)
	}
	if err != nil {
		return nil, apiError(err)
	}
	if info := stream.CachedInfo(); !info.Created.Equal(r.created) {
		if !r.created.IsZero() {
			r.last, r.opts.After = 0, 0 // another stream, with numbers of its own
		}
		r.created = info.Created
	}
	if r.opts.NewOnly {
		r.opts.NewOnly, r.last = false, stream.CachedInfo().State.LastSeq
	}
	consumer, err := stream.OrderedConsumer(ctx, r.config())
	if err != nil {
		return nil, apiError(err)
	}
	return consumer.Messages()
}

func (r *reader) config() jetstream.OrderedConsumerConfig {
	c := jetstream.OrderedConsumerConfig{
		DeliverPolicy:     jetstream.DeliverAllPolicy,
		InactiveThreshold: time.Minute,
		MaxResetAttempts:  1, // the caller tries again
	}
	for _, s := range r.opts.Streams {
		c.FilterSubjects = append(c.FilterSubjects, StreamSubjects(s))
	}
	switch after := max(r.last, r.opts.After); {
	case after > 0:
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, after+1
	case !r.opts.Since.IsZero():
		since := r.opts.Since
		c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &since
	}
	return c
}

// receive decodes msg. The Number is set even if it is not an event.
func receive(msg jetstream.Msg) (Message, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Message{}, fmt.Errorf("%s: %w: %w", msg.Subject(), ErrNotEvent, err)
	}
	m := Message{Data: msg.Data(), Number: meta.Sequence.Stream, Stored: meta.Timestamp, Pending: meta.NumPending}
	e, err := Decode(msg.Data())
	if err == nil && e.Subject() != msg.Subject() {
		err = fmt.Errorf("an event for %s", e.Subject())
	}
	if err != nil {
		return m, fmt.Errorf("message %d on %s: %w: %w", m.Number, msg.Subject(), ErrNotEvent, err)
	}
	m.Event = e
	return m, nil
}
