package session_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// A user who may only publish the events of a stream publishes them, and is told once of
// each thing that is not permitted.
func TestPublishingIsAllThatIsPermitted(t *testing.T) {
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	url := natstest.Start(t, &server.Options{Users: []*server.User{{Username: "admin", Password: "a"},
		{Username: "box", Password: "b", Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{publish.StreamSubjects("meeting")}},
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}}}}}})
	as := func(user string) string { return strings.Replace(url, "nats://", "nats://"+user+"@", 1) }
	admin := natstest.Connect(t, as("admin:a"))
	if err := publish.EnsureStream(t.Context(), admin, publish.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var said []string
	nc, err := publish.Connect(t.Context(), as("box:b"), publish.ConnectOptions{OnError: func(err error) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, err.Error())
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	tl, err := session.Run(t.Context(), capture.NewReplay(rec, 10, nil), session.Options{Stream: "meeting", Pipeline: pipeline.Config{Model: m}, NATS: nc})
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(admin)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), publish.JetStreamName)
	if err != nil || s.CachedInfo().State.Msgs != tl.Seq() {
		t.Errorf("%d events stored of %d, %v", s.CachedInfo().State.Msgs, tl.Seq(), err)
	}
	// The messages are requests, an empty message before the first event of each kind, and
	// the readings that were sent before the server refused them.
	const besides = 30
	if sent := nc.Stats().OutMsgs; sent > tl.Seq()+besides {
		t.Errorf("%d messages sent for %d events", sent, tl.Seq())
	}
	mu.Lock()
	defer mu.Unlock()
	for _, subject := range []string{"diarizer.meter.v1.meeting", "diarizer.control.v1.meeting.correct", "diarizer.words.v1.meeting", "$JS.API."} {
		n := 0
		for _, line := range said {
			if strings.Contains(line, subject) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is mentioned %d times in %q, expected once", subject, n, said)
		}
	}
	if len(said) != 4 {
		t.Errorf("said %q", said)
	}
}
