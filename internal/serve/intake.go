package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// intake reads the messages of a subject in their order. When its consumer or the connection
// fails, another consumer goes on behind the last message.
type intake struct {
	js      jetstream.Stream
	subject string
	after   uint64 // number of the last message returned
	report  func(error)

	messages jetstream.MessagesContext
	alive    time.Time // of the last message, or the opening
	failures int
}

// Messages that wait in this process.
const (
	prefetch     = 256
	intakeExpiry = 5 * time.Second
	// A consumer that is silent for this long is replaced. A consumer that has lost its
	// server stays silent for ever, and looks like one without messages.
	silentAtMost = 6 * time.Second
)

// next returns the next message and how many more JetStream has.
func (in *intake) next(ctx context.Context) (message, uint64, error) {
	for {
		if in.messages == nil {
			if err := in.open(ctx); err != nil {
				if err := in.again(ctx, err); err != nil {
					return message{}, 0, err
				}
				continue
			}
		}
		msg, err := in.messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			if ctx.Err() != nil {
				if time.Since(in.alive) > silentAtMost {
					in.stop()
				}
				return message{}, 0, ctx.Err()
			}
			in.stop()
			if err := in.again(ctx, err); err != nil {
				return message{}, 0, err
			}
			continue
		}
		in.alive = time.Now()
		meta, err := msg.Metadata()
		if err != nil || meta.Sequence.Stream <= in.after {
			continue
		}
		in.failures = 0
		in.after = meta.Sequence.Stream
		return message{number: meta.Sequence.Stream, stored: meta.Timestamp, header: msg.Headers(), data: msg.Data()}, meta.NumPending, nil
	}
}

func (in *intake) open(ctx context.Context) error {
	consumer, err := in.js.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{in.subject}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: in.after + 1,
		InactiveThreshold: time.Minute, MaxResetAttempts: 1,
	})
	if err != nil {
		return err
	}
	in.alive = time.Now()
	in.messages, err = consumer.Messages(jetstream.PullMaxMessages(prefetch), jetstream.PullExpiry(intakeExpiry))
	return err
}

// again waits before the next attempt.
func (in *intake) again(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, nats.ErrConnectionClosed) {
		return fmt.Errorf("%s: %w", in.subject, err)
	}
	in.failures++
	if in.failures > 1 {
		in.report(fmt.Errorf("%s: %w", in.subject, err))
	}
	if !wait.Sleep(ctx, min(time.Second, 20*time.Millisecond<<min(in.failures, 6))) {
		return ctx.Err()
	}
	return nil
}

func (in *intake) stop() {
	if in.messages != nil {
		in.messages.Stop()
		in.messages = nil
	}
}

// stopStream ends a stream's run behind its last message of sound. only are conditions, such as
// the number of that message.
func (s *shared) stopStream(ctx context.Context, stream, session, why string, only ...jetstream.PublishOpt) error {
	msg := nats.NewMsg(natsaudio.Subject(stream))
	msg.Header.Set(headerStop, why)
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	// The message ID makes a second stop of the session, by any worker, one with the first.
	if _, err := s.js.PublishMsg(ctx, msg, append(only, jetstream.WithMsgID(session+":stop"))...); err != nil {
		return fmt.Errorf("stop stream %s: %w", stream, err)
	}
	return nil
}

// readClaim returns a stream's claim as it is now.
func (s *shared) readClaim(ctx context.Context, stream string) (seenClaim, error) {
	e, err := s.claims.Get(ctx, stream)
	if err != nil {
		return seenClaim{}, fmt.Errorf("claim of stream %s: %w", stream, err)
	}
	c := seenClaim{revision: e.Revision()}
	if err := decodeClaim(e.Value(), &c.claim); err != nil {
		return seenClaim{}, fmt.Errorf("claim of stream %s: %w", stream, err)
	}
	return c, nil
}

// samples is how many whole samples d lasts.
func samples(d time.Duration) int64 { return int64(d / (time.Second / capture.Rate)) }
