package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish"
)

// readEvents returns the events of a stream in the messages with the numbers from from to to,
// and those numbers. It leaves out messages that are no events. to is the number of the last
// message on the stream's subjects.
func readEvents(ctx context.Context, js jetstream.Stream, stream string, from, to uint64) ([]event.Event, []uint64, error) {
	if from > to {
		return nil, nil, nil
	}
	opening, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	consumer, err := js.OrderedConsumer(opening, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{publish.StreamSubjects(stream)}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from,
		InactiveThreshold: time.Minute, MaxResetAttempts: 3,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("events of stream %s: %w", stream, err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return nil, nil, fmt.Errorf("events of stream %s: %w", stream, err)
	}
	defer messages.Stop()
	events, numbers, err := readTo(ctx, messages, to, readWithin)
	if err != nil {
		return nil, nil, fmt.Errorf("events of stream %s, messages %d to %d: %w", stream, from, to, err)
	}
	return events, numbers, nil
}

// readWithin bounds the wait for the next of a stream's published events. The reading of all of
// them has no bound, since a long run has many and the connection may be slow.
const readWithin = 20 * time.Second

// readTo returns the events in messages up to the one with the number to, and their numbers. It
// waits for each message for at most within.
func readTo(ctx context.Context, messages jetstream.MessagesContext, to uint64, within time.Duration) (events []event.Event, numbers []uint64, err error) {
	for {
		waiting, cancel := context.WithTimeout(ctx, within)
		msg, err := messages.Next(jetstream.NextContext(waiting))
		cancel()
		if err != nil {
			return nil, nil, err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return nil, nil, err
		}
		if e, err := event.Decode(msg.Data()); err == nil {
			events, numbers = append(events, e), append(numbers, meta.Sequence.Stream)
		}
		if meta.Sequence.Stream >= to {
			return events, numbers, nil
		}
	}
}
