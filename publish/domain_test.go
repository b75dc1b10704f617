package publish_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// A client that connects to a leaf node and is configured for the JetStream of the hub publishes to the
// hub and reads from it, with each way of configuration.
func TestJetStreamOfTheHub(t *testing.T) {
	servers := natstest.NewLeaf(t)
	hub, err := jetstream.New(natstest.Connect(t, servers.Hub))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := jetstream.New(natstest.Connect(t, servers.Leaf))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for name, opts := range map[string]publish.ConnectOptions{
		"context-domain": {Context: servers.Context(t, map[string]string{"jetstream_domain": natstest.HubDomain})},
		"context-prefix": {Context: servers.Context(t, map[string]string{"jetstream_api_prefix": "$JS.hub.API"})},
		"domain":         {Domain: natstest.HubDomain},
		"prefix":         {APIPrefix: "$JS.hub.API."},
		"over-context":   {Context: servers.Context(t, map[string]string{"jetstream_domain": "nowhere"}), Domain: natstest.HubDomain},
	} {
		nc, err := publish.Connect(ctx, servers.Leaf, opts)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer nc.Close()
		p, err := publish.NewPublisher(nc, publish.PublisherOptions{Journal: t.TempDir(), Run: "run-" + name})
		if err != nil {
			t.Fatal(err)
		}
		enc := event.Encoder{Stream: name, Run: "run-" + name}
		for _, e := range []event.Event{enc.Start(event.Source{}), enc.Gap(0, 16000), enc.Finish(16000, event.Finished, "")} {
			if err := p.Publish(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Close(ctx); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		runs, err := publish.LatestRuns(ctx, nc, name)
		if err != nil || len(runs) != 1 || runs[0].Run != "run-"+name {
			t.Errorf("%s: runs %v, %v", name, runs, err)
		}
		read := 0
		for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{Streams: []string{name}}) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if read++; m.Kind == event.StreamEnded {
				break
			}
		}
		if read != 3 {
			t.Errorf("%s: %d events read, expected 3", name, read)
		}
	}
	if s, err := hub.Stream(ctx, publish.JetStreamName); err != nil || s.CachedInfo().State.Msgs != 15 {
		t.Errorf("the hub has no 15 events: %v", err)
	}
	if _, err := leaf.Stream(ctx, publish.JetStreamName); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("the leaf node has a stream of its own: %v", err)
	}
}

// A leaf node that has lost its hub answers as if nobody had JetStream. Who has read from the hub reads on
// when it is back.
func TestTheHubComesBack(t *testing.T) {
	servers := natstest.NewLeaf(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	publishOver := func(nc *nats.Conn, e event.Event) {
		t.Helper()
		p, err := publish.NewPublisher(nc, publish.PublisherOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(p.Publish(e), p.Close(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	over := func() *nats.Conn {
		t.Helper()
		nc, err := publish.Connect(ctx, servers.Leaf, publish.ConnectOptions{Domain: natstest.HubDomain})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		return nc
	}
	writer := over()
	enc := event.Encoder{Stream: "meeting", Run: "run"}
	publishOver(writer, enc.Start(event.Source{}))

	missing := make(chan error, 1)
	opts := publish.SubscribeOptions{OnWait: func(err error) {
		if errors.Is(err, publish.ErrNoJetStream) {
			select {
			case missing <- err:
			default:
			}
		}
	}}
	reader := over()
	read := make(chan event.Kind, 2)
	go func() {
		defer close(read)
		for m, err := range publish.Subscribe(ctx, reader, opts) {
			if err != nil {
				t.Error(err)
				return
			}
			if read <- m.Kind; m.Kind == event.StreamEnded {
				return
			}
		}
	}()
	if got := <-read; got != event.StreamStarted {
		t.Fatalf("read %q", got)
	}
	servers.StopHub()
	select {
	case <-missing:
	case got := <-read:
		t.Fatalf("without the hub, read %q", got)
	}
	servers.StartHub(t)
	publishOver(writer, enc.Finish(16000, event.Finished, ""))
	if got := <-read; got != event.StreamEnded {
		t.Errorf("read %q after the hub came back: %v", got, ctx.Err())
	}
}

// All handles of JetStream are made by package bus, which knows the place of JetStream.
func TestEveryHandleKnowsItsJetStream(t *testing.T) {
	found := 0
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if n := strings.Count(string(text), "jetstream.New"); n > 0 {
			found += n
			if want := filepath.Join("..", "internal", "bus", "bus.go"); path != want {
				t.Errorf("%s makes a handle of its own, expected that only in %s", path, want)
			}
		}
		return err
	})
	if err != nil || found == 0 {
		t.Errorf("%d handles found, %v", found, err)
	}
}
