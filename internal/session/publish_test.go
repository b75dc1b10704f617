package session

import (
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience ends a test that hangs. Nothing is timed by it.
const patience = 2 * time.Minute

// runDemo diarizes the demo's recording as fast as possible.
func runDemo(t *testing.T, nc *nats.Conn, p Publishing) (*event.Timeline, []event.Event, error) {
	t.Helper()
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	speed, err := capture.ParseSpeed("max")
	if err != nil {
		t.Fatal(err)
	}
	var events []event.Event
	tl, err := Run(t.Context(), capture.NewReplay(rec, speed, nil), Options{Stream: demo.Name, Pipeline: pipeline.Config{Model: m},
		NATS: nc, Publishing: p, OnEvent: func(e event.Event) error { events = append(events, e); return nil }})
	return tl, events, err
}

// A whole run passes without a server. The next run publishes its events first.
func TestRunBeforeTheServerIsUp(t *testing.T) {
	journal := Publishing{Journal: t.TempDir(), Within: time.Millisecond}
	nobody, err := publish.Connect(t.Context(), "nats://127.0.0.1:1", publish.ConnectOptions{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	first, events, err := runDemo(t, nobody, journal)
	if !errors.Is(err, publish.ErrUnpublished) || first.Ended() == nil || first.Ended().Reason != event.Finished {
		t.Fatalf("ended with %+v, %v", first.Ended(), err)
	}

	checkStatus(t, events)

	nc := natstest.New(t)
	journal.Within = patience
	second, _, err := runDemo(t, nc, journal)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	received := map[string]*event.Timeline{first.Run(): {}, second.Run(): {}}
	var order []string
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if err := received[m.Run].Apply(m.Event); err != nil {
			t.Fatal(err)
		}
		if m.Kind == event.StreamEnded {
			if order = append(order, m.Run); len(order) == 2 {
				break
			}
		}
	}
	if want := []string{first.Run(), second.Run()}; !reflect.DeepEqual(order, want) {
		t.Errorf("runs %v ended, expected %v", order, want)
	}
	for _, tl := range []*event.Timeline{first, second} {
		if got := received[tl.Run()]; got.Seq() != tl.Seq() || !reflect.DeepEqual(got.Segments(), tl.Segments()) {
			t.Errorf("run %s: received %d of %d events, or other turns", tl.Run(), got.Seq(), tl.Seq())
		}
	}
}

// checkStatus checks that every minute has a status, after all events that were decided in
// that minute.
func checkStatus(t *testing.T, events []event.Event) {
	t.Helper()
	reports := 0
	for i, e := range events {
		if e.Kind != event.StatusReported {
			continue
		}
		reports++
		if want := event.Time(reports * statusEvery); e.At != want || events[i-1].At > want || events[i+1].At <= want {
			t.Errorf("report %d at %v s, between %v s and %v s", reports, e.At.Seconds(), events[i-1].At.Seconds(), events[i+1].At.Seconds())
		}
	}
	if want := int(events[len(events)-1].At / statusEvery); reports != want || want == 0 {
		t.Errorf("%d reports, expected %d", reports, want)
	}
}

// A device may be allowed to publish the events of its own stream and nothing else.
func TestBeginsWithPublishPermissionOnly(t *testing.T) {
	ns, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(),
		NoLog: true, NoSigs: true, Users: []*server.User{{Username: "admin", Password: "a"},
			{Username: "box", Password: "b", Permissions: &server.Permissions{
				Publish:   &server.SubjectPermission{Allow: []string{publish.StreamSubjects("room")}},
				Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	defer ns.WaitForShutdown()
	defer ns.Shutdown()
	if !ns.ReadyForConnections(patience) {
		t.Fatal("server not ready")
	}
	connect := func(user string) *nats.Conn {
		nc, err := publish.Connect(t.Context(), strings.Replace(ns.ClientURL(), "nats://", "nats://"+user+"@", 1), publish.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		return nc
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := publish.EnsureStream(ctx, connect("admin:a"), publish.StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	tl, err := Run(ctx, silence{}, Options{Stream: "room", Pipeline: pipeline.Config{Model: m}, NATS: connect("box:b")})
	if err != nil || tl.Ended() == nil {
		t.Errorf("ended with %+v, %v", tl.Ended(), err)
	}
}

// silence is a source that has ended.
type silence struct{}

func (silence) Next(context.Context) (capture.Block, error) { return capture.Block{}, io.EOF }

func (silence) Close() error { return nil }
