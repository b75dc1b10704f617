package serve

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// TestManyEventsOverASlowLink reads events that come for longer than one of them may take. Events that
// never come end the reading.
func TestManyEventsOverASlowLink(t *testing.T) {
	s, err := openShared(t.Context(), natstest.New(t), StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := s.events.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{FilterSubjects: []string{publish.StreamSubjects("room")}})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer messages.Stop()
	const within = 5 * time.Second
	enc := event.Encoder{Stream: "room", Run: "r", Now: time.Now}
	send := func() {
		e := enc.Start(event.Source{})
		if enc.Seq > 1 {
			e = enc.Status(int64(enc.Seq), event.Status{})
		}
		msg, err := publish.NewMessage(e)
		if err == nil {
			_, err = s.js.PublishMsg(t.Context(), msg)
		}
		if err != nil {
			t.Error(err)
		}
	}
	type read struct {
		events []event.Event
		err    error
	}
	const many = 1000
	done := make(chan read, 1)
	go func() {
		events, _, err := readTo(t.Context(), messages, many, within)
		done <- read{events, err}
	}()
	n := 0
	for began := time.Now(); time.Since(began) < within*5/4 && n < many-1; n++ {
		send()
		wait.Sleep(t.Context(), 2*within/many)
	}
	for ; n < many; n++ {
		send()
	}
	if r := <-done; r.err != nil || len(r.events) != many {
		t.Errorf("%d of %d events: %v", len(r.events), many, r.err)
	}
	if _, _, err := readTo(t.Context(), messages, many+1, 50*time.Millisecond); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("events that never come: %v", err)
	}
}
