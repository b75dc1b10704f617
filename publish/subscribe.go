package publish

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// Message is an event as it was received.
type Message struct {
	event.Event
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

// Newest reports whether the server had no message ready after m. It is false for the zero
// Message that comes with an error.
func (m Message) Newest() bool { return m.Number > 0 && m.Pending == 0 }

// SubscribeOptions say which events to read. The zero value reads all streams
// from the oldest event that the server keeps, and goes on as new ones come.
type SubscribeOptions struct {
	// Streams are the ids of the streams to read; none means all.
	Streams []string
	// Since skips the events that were stored before that time.
	Since time.Time
	// NewOnly skips everything that is stored already.
	NewOnly bool
	// After skips the messages up to that number. It takes precedence over Since and
	// NewOnly. If JetStream ends before that number, the messages were read from another
	// stream, and the error matches [ErrReplaced].
	After uint64
	// OnWait is called with the reason why there is nothing to read: no server, no
	// stream. Reading goes on by itself.
	OnWait func(error)
}

// ErrNotEvent is matched by an error of [Subscribe] for one message that is
// not an event. Reading can go on after it.
var ErrNotEvent = errors.New("not an event")

// Subscribe iterates over events in the order in which they were stored, until the loop
// ends or ctx is done. The end of ctx is no error here: ask ctx.
//
// Subscribe survives lost connections, restarts of servers, the loss of its consumer and
// of a leaf node's hub. A server that never had JetStream is an error, [ErrNoJetStream].
// It leaves nothing out without an error. It goes on behind the last event that it has,
// and checks that JetStream still has that event in that place. If an event is missing
// in a run, it reads that part again from a consumer of its own.
//
// After an error that matches [ErrNotEvent], the next iteration goes on. The Message with it
// has all but an Event, so that a reader can see that nothing follows. All other errors come
// with a zero Message. The next iteration goes on after [event.ErrHole] too, the error for
// events that JetStream no longer has, which is a [*event.HoleError] or a [*LostError]. After
// any other error there is no iteration.
func Subscribe(ctx context.Context, nc *nats.Conn, opts SubscribeOptions) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for _, s := range opts.Streams {
			if err := event.CheckStream(s); err != nil {
				yield(Message{}, err)
				return
			}
		}
		js, err := bus.JetStream(nc)
		if err != nil {
			yield(Message{}, fmt.Errorf("JetStream: %w", err))
			return
		}
		r := &reader{nc: nc, js: js, opts: opts, at: place{number: opts.After}}
		for r.read(ctx, yield) {
			if !wait.Sleep(ctx, min(retryAtMost, 20*time.Millisecond<<min(r.failures, 10))) {
				return
			}
			r.failures++
		}
	}
}

// receive decodes msg. All but the Event is set even if it is not an event.
func receive(msg jetstream.Msg, meta *jetstream.MsgMetadata) (Message, error) {
	m := Message{Data: msg.Data(), Number: meta.Sequence.Stream, Stored: meta.Timestamp, Pending: meta.NumPending}
	e, err := event.Decode(msg.Data())
	if err == nil && Subject(e.Stream, e.Kind) != msg.Subject() {
		err = fmt.Errorf("an event for %s", Subject(e.Stream, e.Kind))
	}
	if err != nil {
		return m, fmt.Errorf("message %d on %s: %w: %w", m.Number, msg.Subject(), ErrNotEvent, err)
	}
	m.Event = e
	return m, nil
}
