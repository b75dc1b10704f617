package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
)

// ErrMoved is matched by the error of [Append] where the stream has events that the
// caller has not read.
var ErrMoved = errors.New("the stream has other events by now")

// appendWithin bounds the wait for one acknowledgement.
const appendWithin = 5 * time.Second

// Append publishes events of a run that is over. last is the number of the last message
// of the stream that the caller has read. If the stream has a later message, before the
// first event or before another, the error matches [ErrMoved].
func Append(ctx context.Context, nc *nats.Conn, last uint64, events ...event.Event) error {
	js, err := bus.JetStream(nc)
	if err != nil {
		return fmt.Errorf("JetStream: %w", err)
	}
	for _, e := range events {
		if err := e.Check(); err != nil {
			return fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, err)
		}
		msg, err := NewMessage(e)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, appendWithin)
		ack, err := js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequenceForSubject(last, StreamSubjects(e.Stream)))
		cancel()
		// The server checks the id first. If it has the id, the event there is that of
		// another program.
		if fence.Refused(err) || err == nil && ack.Duplicate {
			return fmt.Errorf("stream %s, event %d: %w", e.Stream, e.Seq, ErrMoved)
		}
		if err != nil {
			return fmt.Errorf("stream %s, event %d: %w: %w", e.Stream, e.Seq, ErrUnpublished, apiError(err))
		}
		last = ack.Sequence
	}
	return nil
}
