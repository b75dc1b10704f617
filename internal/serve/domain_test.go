package serve

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/publish"
)

// TestDomain has a worker, a sender and a subscriber at a leaf node whose JetStream
// is the hub's: everything is kept there, and nothing at the leaf.
func TestDomain(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	servers := natstest.NewLeaf(t)
	nc, err := publish.Connect(t.Context(), "", publish.ConnectOptions{
		Context: servers.Context(t, map[string]string{"jetstream_domain": natstest.HubDomain})})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	m := newMeetings(t, cfg, 1, 8)
	w := startWorker(t, nc, testOptions(cfg))
	m.run(t, nc, 10, time.Minute, nil)
	store, err := Enrolled(t.Context(), nc, cfg.Model, nil, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ada := enroll.Speaker{Name: "Ada", Stats: cfg.Model.Shape().NewStats()}
	if err := store.Add(t.Context(), ada, false); err != nil {
		t.Fatal(err)
	}
	if all, err := store.List(t.Context()); err != nil || len(all) != 1 || all[0].Name != "Ada" {
		t.Errorf("enrolled: %v, %v", all, err)
	}
	s, err := natsaudio.NewSender(t.Context(), nc, natsaudio.Subject("another"), natsaudio.Format{Encoding: natsaudio.S16, Rate: 16000, Channels: 1}, natsaudio.SenderOptions{})
	if err != nil || !s.Kept() {
		t.Errorf("the sender finds no JetStream stream: %v", err)
	}
	src, err := natsaudio.Open(t.Context(), nc, natsaudio.Subject(m.names[0]), natsaudio.Options{})
	if err != nil || !src.Kept() {
		t.Fatalf("the reader finds no JetStream stream: %v", err)
	}
	if b, err := src.Next(t.Context()); err != nil || len(b.Samples) == 0 {
		t.Errorf("%d samples read, %v", len(b.Samples), err)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	w.end(t)
	for url, want := range map[string]bool{servers.Hub: true, servers.Leaf: false} {
		js, err := jetstream.New(natstest.Connect(t, url))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{publish.JetStreamName, AudioStream, "KV_" + WorkerBucket, "KV_" + ClaimBucket, "KV_" + StateBucket, "KV_" + VoiceBucket} {
			if _, err := js.Stream(t.Context(), name); (err == nil) != want || err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
				t.Errorf("%s at %s: %v, expected it at the hub", name, url, err)
			}
		}
	}
}
