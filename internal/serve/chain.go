package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/publish"
)

// errDiverged is matched by the error for a published event that differs from the event that
// this owner comes to. The other owner ran a version of the program with other algorithms.
var errDiverged = errors.New("what was published before is not what this program decides")

// errConflict is matched by the error for an event of another run on the stream's subjects.
var errConflict = errors.New("another program publishes events of the stream")

// chain publishes the events of one stream, each exactly once, even if another owner
// publishes them too. Every message states the number of the last message on all subjects of
// the stream, and JetStream refuses it unless that number is right. So an owner that was
// replaced without knowing it cannot add an event that its successor has added. An event that
// is there already counts as published, since all owners of a stream come to the same events.
type chain struct {
	js      jetstream.JetStream
	events  jetstream.Stream
	stream  string
	last    uint64 // number of the last message on the stream's subjects
	logged  []event.Event
	numbers []uint64 // of logged
	held    func(context.Context) error
	report  func(error)
	sent    func(event.Event)
}

func (c *chain) pop() event.Event {
	e := c.logged[0]
	c.last = c.numbers[0]
	c.logged, c.numbers = c.logged[1:], c.numbers[1:]
	return e
}

// put implements eventSink. It waits while the lease does not hold or the server does not
// answer.
func (c *chain) put(ctx context.Context, e event.Event) error {
	for attempt := 0; ; attempt++ {
		if len(c.logged) > 0 {
			if was := c.pop(); !sameEvent(was, e) {
				return fmt.Errorf("stream %s, run %s: %w: event %d is %s at %v, not %s at %v",
					c.stream, e.Run, errDiverged, was.Seq, was.Kind, was.At, e.Kind, e.At)
			}
			return nil
		}
		if err := c.held(ctx); err != nil {
			return err
		}
		err := c.send(ctx, e)
		actual, refused := fence.Last(err)
		switch {
		case err == nil:
			c.sent(e)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case refused && actual < c.last:
			c.last, err = actual, nil // the last message is not kept any more
		case refused && actual > c.last:
			err = c.catchUp(ctx, e.Run, e.Seq, actual)
			if errors.Is(err, errConflict) {
				return err
			}
		}
		if err == nil {
			continue
		}
		c.report(fmt.Errorf("stream %s: %w", c.stream, err))
		if !wait.Sleep(ctx, min(time.Second, 20*time.Millisecond<<min(attempt, 6))) {
			return ctx.Err()
		}
	}
}

// ackWithin bounds the wait for one acknowledgement.
const ackWithin = 2 * time.Second

// send publishes e behind the last message.
func (c *chain) send(ctx context.Context, e event.Event) error {
	msg, err := publish.NewMessage(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	ack, err := c.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0),
		jetstream.WithExpectLastSequenceForSubject(c.last, publish.StreamSubjects(c.stream)))
	if err != nil {
		return err
	}
	c.last = ack.Sequence
	return nil
}

// catchUp reads the published events of a run from number seq on, up to the
// message with the number to.
func (c *chain) catchUp(ctx context.Context, run string, seq, to uint64) error {
	events, numbers, err := readEvents(ctx, c.events, c.stream, c.last+1, to)
	if err != nil {
		return err
	}
	for i, e := range events {
		switch {
		case e.Correction != nil: // made after the end of an earlier run
			if len(c.logged) == 0 {
				c.last = numbers[i]
			}
		case e.Run != run:
			return fmt.Errorf("stream %s: %w: message %d is of run %s, expected %s", c.stream, errConflict, numbers[i], e.Run, run)
		case e.Seq >= seq:
			c.logged, c.numbers = append(c.logged, e), append(c.numbers, numbers[i])
		default:
			c.last = numbers[i]
		}
	}
	if len(c.logged) == 0 {
		c.last = max(c.last, to) // the message may be no event
	}
	return nil
}

// sameEvent reports whether the published event a is b. Measurements and the description of
// the publishing program may differ.
func sameEvent(a, b event.Event) bool {
	for _, e := range []*event.Event{&a, &b} {
		e.Wall, e.Status = time.Time{}, nil
		if e.Source != nil {
			s := *e.Source
			s.Program = ""
			e.Source = &s
		}
	}
	// JSON changes the last bits of floats, and NaN, so both are compared as JSON.
	ja, errA := json.Marshal(a)
	jb, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(ja, jb)
}
