package natsd

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// patience ends a test that hangs. Nothing is timed by it.
const patience = 2 * time.Minute

// publisher returns a publisher to s, which ends with the test.
func publisher(t *testing.T, s *Server) *publish.Publisher {
	t.Helper()
	nc, err := publish.Connect(t.Context(), s.URL(), publish.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	p, err := publish.NewPublisher(nc, publish.PublisherOptions{OnError: func(err error) { t.Log(err) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = p.Close(ctx) // does nothing after a Close of the test's own
	})
	return p
}

func publishAll(t *testing.T, p *publish.Publisher, events []event.Event) {
	t.Helper()
	for _, e := range events {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
}

// wantStored waits until p has published all events, and checks that s has each once and in order.
func wantStored(t *testing.T, s *Server, p *publish.Publisher, events []event.Event) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
	nc, err := publish.Connect(ctx, s.URL(), publish.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var got, want []uint64
	for _, e := range events {
		want = append(want, e.Seq)
	}
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, m.Seq); m.Kind == event.StreamEnded {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("stored %v, expected 1 to %d", got, len(want))
	}
}

func TestRestartKeepsAddressAndStreams(t *testing.T) {
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	url := s.URL()
	events := eventtest.Encoded(eventtest.Seeded(90), "meeting", 300)
	p := publisher(t, s)
	publishAll(t, p, events[:150])
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.unwatch() // it would restart the server at the same time
	s.watching.Wait()
	if err := s.nats.ShutdownJetStream(); err != nil { // as the server does where it may not write a file
		t.Fatal(err)
	}
	if !s.ceased() {
		t.Error("a server without JetStream stores what comes")
	}
	if err := s.restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	publishAll(t, p, events[150:])
	wantStored(t, s, p, events)
	if s.URL() != url {
		t.Errorf("restarted at %s instead of %s", s.URL(), url)
	}
	if s.ceased() {
		t.Error("a server that stores everything has ceased to store")
	}
}

// A server is restarted where that is of use, and at most once a minute.
func TestWatcherRestarts(t *testing.T) {
	var ceased, room bool
	restarts := 0
	w := &watcher{ceased: func() bool { return ceased }, room: func() bool { return room }, restart: func() { restarts++ }}
	now := time.Now()
	for i, step := range []struct {
		after        time.Duration
		ceased, room bool
		restarts     int
	}{
		{0, false, true, 0},
		{time.Second, true, false, 0},
		{time.Second, true, true, 1},
		{time.Second, false, true, 1},
		{time.Second, true, true, 1},
		{restartEvery - 3*time.Second, true, true, 1},
		{time.Second, true, false, 1},
		{0, true, true, 2},
		{restartEvery, true, true, 3},
		{restartEvery, false, true, 3},
	} {
		now = now.Add(step.after)
		ceased, room = step.ceased, step.room
		if w.look(now); restarts != step.restarts {
			t.Errorf("step %d: %d restarts, expected %d", i, restarts, step.restarts)
		}
	}
}
