package publish

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience ends a test that hangs. No test measures time with it.
const patience = 2 * time.Minute

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func serve(t testing.TB, opts natsd.Options) *natsd.Server {
	t.Helper()
	s, err := natsd.Start(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dial(t testing.TB, url string) *nats.Conn {
	t.Helper()
	nc, err := Connect(context.Background(), url, ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func newPublisher(t testing.TB, nc *nats.Conn, opts PublisherOptions) *Publisher {
	t.Helper()
	p, err := NewPublisher(nc, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // does nothing after a Close of the test's own
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Close(ctx)
	})
	return p
}

// publishAll publishes events and waits for their acknowledgement.
func publishAll(t testing.TB, nc *nats.Conn, events []event.Event) {
	t.Helper()
	p := newPublisher(t, nc, PublisherOptions{Queue: len(events) + 1})
	for _, e := range events {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
}

// collect reads until the stream ends.
func collect(t testing.TB, nc *nats.Conn, opts SubscribeOptions) []event.Event {
	t.Helper()
	var events []event.Event
	ctx := patient(t)
	for m, err := range Subscribe(ctx, nc, opts) {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, m.Event)
		if m.Kind == event.StreamEnded {
			return events
		}
	}
	t.Fatalf("stream did not end: %v, after %d events", ctx.Err(), len(events))
	return nil
}

// keepDirectory makes another stream on the server. When its last stream is deleted, the server
// removes the directory of all streams a little later. A stream that is created at that moment fails
// with "error creating store for stream".
func keepDirectory(t *testing.T, nc *nats.Conn) {
	t.Helper()
	if _, err := jetStream(t, nc).CreateStream(patient(t), jetstream.StreamConfig{Name: "KEPT", Subjects: []string{"kept"}}); err != nil {
		t.Fatal(err)
	}
}
