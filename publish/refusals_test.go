package publish

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

func TestTwoPublishersOfOneStream(t *testing.T) {
	s := serve(t, natsd.Options{})
	want := map[string]int{}
	var publishing sync.WaitGroup
	for i, run := range []string{"run-a", "run-b", "run-c"} {
		events := eventtest.Encoded(eventtest.Seeded(uint64(30+i)), "meeting", 200)
		for j := range events {
			events[j].Run = run
		}
		want[run] = len(events)
		publishing.Go(func() { publishAll(t, dial(t, s.URL()), events) })
	}
	publishing.Wait()
	n := 0
	wantOnceInOrder(t, stored(t, s.URL(), func(Message) bool { n++; return n == want["run-a"]+want["run-b"]+want["run-c"] }), want)
}

func TestSameRunTwiceIsRefused(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	events := eventtest.Encoded(eventtest.Seeded(40), "meeting", 3)
	publishAll(t, nc, events)
	p := newPublisher(t, nc, PublisherOptions{})
	if err := p.Publish(events[0]); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(patient(t)); !errors.Is(err, ErrUnpublished) || !strings.Contains(err.Error(), "same run id") {
		t.Errorf("the same run published twice: %v", err)
	}
}

func TestEventTooLargeForTheServer(t *testing.T) {
	s := serve(t, natsd.Options{MaxPayload: 2000})
	p := newPublisher(t, dial(t, s.URL()), PublisherOptions{})
	enc := event.Encoder{Stream: "meeting", Run: "run"}
	for _, e := range []event.Event{enc.Start(event.Source{}), enc.Finish(1, event.Failed, strings.Repeat("long ", 1000))} {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(patient(t)); !errors.Is(err, ErrUnpublished) || !errors.Is(err, nats.ErrMaxPayload) {
		t.Errorf("an event too large: %v", err)
	}
}

// A publisher may be allowed to publish its own stream's events and nothing else.
func TestPublishPermissionSuffices(t *testing.T) {
	as := mayPublish(t, "meeting")
	events := eventtest.Encoded(eventtest.Seeded(41), "meeting", 20)
	publishAll(t, dial(t, as("box:b")), events)
	wantOnceInOrder(t, stored(t, as("admin:a"), ended), map[string]int{"run-meeting": len(events)})

	if _, err := Connect(t.Context(), as("box:wrong"), ConnectOptions{}); !errors.Is(err, nats.ErrAuthorization) ||
		strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong password: %v", err)
	}
}

// A dead run whose events this client may not publish stays in the journal. The runs after it are
// published, that of this process too.
func TestADeadRunThatMayNotBePublishedHoldsUpNoOther(t *testing.T) {
	as := mayPublish(t, "b")
	dir := t.TempDir()
	var runs [][]event.Event
	for i, of := range []struct{ stream, run string }{{"a", "0-forbidden"}, {"b", "1-dead"}, {"b", "2-own"}} {
		events := eventtest.Encoded(eventtest.Seeded(uint64(45+i)), of.stream, 10)
		for j := range events {
			events[j].Run = of.run
		}
		runs = append(runs, events)
	}
	abandon(t, dir, PublisherOptions{}, runs[0])
	abandon(t, dir, PublisherOptions{}, runs[1])

	box := dial(t, as("box:b"))
	p := newPublisher(t, box, PublisherOptions{Journal: dir, Run: "2-own"})
	for _, e := range runs[2] {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	last := func(m Message) bool { return m.Run == "2-own" && ended(m) }
	wantOnceInOrder(t, stored(t, as("admin:a"), last), map[string]int{"1-dead": len(runs[1]), "2-own": len(runs[2])})
	for i := range 2 {
		kept, err := Journals(dir)
		if err != nil || len(kept) != 3 || kept[0].Stream != "a" || kept[0].Waiting != len(runs[0]) || kept[1].Waiting+kept[2].Waiting != 0 {
			t.Errorf("%d: kept %+v, %v", i, kept, err)
		}
		n, err := FlushJournals(patient(t), box, dir, PublisherOptions{})
		if n != 0 || !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), "0-forbidden") {
			t.Errorf("flushed %d events, %v", n, err)
		}
	}
}

// mayPublish starts a server on which user box may publish the events of one stream and nothing else. It
// returns the URL for a user.
func mayPublish(t *testing.T, stream string) (as func(user string) string) {
	t.Helper()
	publisher := &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{StreamSubjects(stream)}},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}
	ns, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true,
		StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
		Users: []*server.User{{Username: "admin", Password: "a"}, {Username: "box", Password: "b", Permissions: publisher}}})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(patience) {
		t.Fatal("server not ready")
	}
	as = func(user string) string { return strings.Replace(ns.ClientURL(), "nats://", "nats://"+user+"@", 1) }
	if err := EnsureStream(patient(t), dial(t, as("admin:a")), StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	return as
}

// The first meeting on a server with a small disk ends with what to do, not with a number.
func TestServerWithoutRoomForTheStreamSaysWhatToDo(t *testing.T) {
	const room = 100 << 20
	nc := dial(t, natsWith(t, &server.Options{JetStream: true, StoreDir: t.TempDir(), JetStreamMaxStore: room}))
	err := EnsureStream(patient(t), nc, StreamOptions{})
	if err == nil || !strings.Contains(err.Error(), "max_file_store") || !strings.Contains(err.Error(), JetStreamName) {
		t.Errorf("no room: %v", err)
	}
	if err := EnsureStream(patient(t), nc, StreamOptions{MaxBytes: room / 2}); err != nil {
		t.Errorf("smaller than the room: %v", err)
	}
}
