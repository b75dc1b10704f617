package publish

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
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

func TestLateSubscriberHasTheSameTurns(t *testing.T) {
	s := serve(t, natsd.Options{})
	events := eventtest.Encoded(eventtest.Seeded(10), "meeting", 150)
	publishAll(t, dial(t, s.URL()), events)

	var here, there event.Timeline
	eventtest.ApplyAll(t, here.Apply, events)
	got := collect(t, dial(t, s.URL()), SubscribeOptions{Streams: []string{"meeting"}})
	eventtest.ApplyAll(t, there.Apply, got)
	if !reflect.DeepEqual(here.Segments(), there.Segments()) {
		t.Errorf("published %v\nreceived %v", here.Segments(), there.Segments())
	}
	for i := range events {
		if events[i].Status != nil {
			events[i].Status = got[i].Status // measured
		}
	}
	if !reflect.DeepEqual(got, events) {
		t.Error("events received are not those published")
	}
}

func TestMessageIsACloudEvent(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	sub, err := nc.SubscribeSync(AllSubjects)
	if err != nil {
		t.Fatal(err)
	}
	e := eventtest.Encoded(eventtest.Seeded(11), "meeting", 1)[0]
	publishAll(t, nc, []event.Event{e})
	msg, err := sub.NextMsgWithContext(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	if msg.Subject != "diarizer.v1.meeting.stream-started" {
		t.Errorf("subject %s", msg.Subject)
	}
	for name, want := range map[string]string{"Nats-Msg-Id": "run-meeting:1", "ce-specversion": "1.0",
		"ce-id": "run-meeting:1", "ce-source": "/diarizer/meeting", "ce-type": "diarizer.v1.stream-started",
		"ce-time": e.Wall.Format(time.RFC3339Nano), "ce-datacontenttype": "application/json", "ce-dataschema": event.SchemaID} {
		if got := msg.Header.Get(name); got != want {
			t.Errorf("%s: %q, expected %q", name, got, want)
		}
	}
}

func TestSubscribersChoose(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	a, b, c := eventtest.Encoded(eventtest.Seeded(12), "a", 5), eventtest.Encoded(eventtest.Seeded(13), "b", 5), eventtest.Encoded(eventtest.Seeded(14), "c", 5)
	publishAll(t, nc, a)
	publishAll(t, nc, b)
	read := func(opts SubscribeOptions, n int) (events []event.Event, last Message) {
		t.Helper()
		for m, err := range Subscribe(patient(t), nc, opts) {
			if err != nil {
				t.Fatal(err)
			}
			if events = append(events, m.Event); len(events) == n {
				return events, m
			}
		}
		t.Fatalf("%d of %d events", len(events), n)
		return nil, last
	}
	if got, _ := read(SubscribeOptions{Streams: []string{"b"}}, len(b)); got[0].Stream != "b" || got[len(b)-1].Kind != event.StreamEnded {
		t.Errorf("stream b: %v", got)
	}
	all, m := read(SubscribeOptions{}, len(a)+len(b))
	if all[0].Stream != "a" || all[len(a)].Stream != "b" {
		t.Error("all streams: not in the order of publication")
	}
	if _, both := read(SubscribeOptions{Streams: []string{"b", "a"}}, len(a)+len(b)); both.ID() != m.ID() {
		t.Error("streams a and b are not all")
	}
	if got, _ := read(SubscribeOptions{After: uint64(len(a))}, 1); got[0].ID() != b[0].ID() || got[0].Stream != "b" {
		t.Errorf("after message %d: %v", len(a), got)
	}

	// Subscribers to new events, or to those after the last, start before c is published.
	for _, opts := range []SubscribeOptions{{NewOnly: true}, {Since: m.Stored.Add(time.Nanosecond)}} {
		reading := make(chan struct{}, 1)
		first := make(chan Message, 1)
		opts.Streams = []string{"c", "ready"}
		go func() {
			defer close(first)
			for m, err := range Subscribe(patient(t), nc, opts) {
				if err != nil {
					t.Error(err)
					return
				}
				if m.Stream == "ready" {
					select {
					case reading <- struct{}{}:
					default:
					}
					continue
				}
				first <- m
				return
			}
		}()
		knock(t, nc, reading)
		publishAll(t, nc, c)
		if m := <-first; m.Stream != "c" || m.Seq != 1 {
			t.Errorf("%+v: first event is %d of %q", opts, m.Seq, m.Stream)
		}
		for i := range c {
			c[i].Run = "run2"
		}
	}
}

// knock publishes events on stream "ready" until a subscriber has seen one.
func knock(t *testing.T, nc *nats.Conn, seen <-chan struct{}) {
	t.Helper()
	enc := event.Encoder{Stream: "ready", Run: event.NewRun(time.Now())}
	for {
		publishAll(t, nc, []event.Event{enc.Status(0, event.Status{})})
		select {
		case <-seen:
			return
		default:
		}
	}
}

func TestSubscribeBeforeAnythingIsPublished(t *testing.T) {
	s := serve(t, natsd.Options{})
	waiting := make(chan error, 100)
	got := make(chan []event.Event)
	go func() {
		got <- collect(t, dial(t, s.URL()), SubscribeOptions{NewOnly: true, OnWait: func(err error) {
			select {
			case waiting <- err:
			default:
			}
		}})
	}()
	if err := <-waiting; !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("waiting because of %v", err)
	}
	events := eventtest.Encoded(eventtest.Seeded(15), "meeting", 3)
	publishAll(t, dial(t, s.URL()), events)
	if n := len(<-got); n != len(events) {
		t.Errorf("%d of %d events", n, len(events))
	}
}

func TestWhatIsNoEventDoesNotEndASubscription(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	events := eventtest.Encoded(eventtest.Seeded(16), "meeting", 2)
	publishAll(t, nc, events[:3])
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := NewMessage(events[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*nats.Msg{
		{Subject: "diarizer.v1.meeting.turn-ended", Data: []byte("hello")},
		{Subject: "diarizer.v1.meeting.turn.ended", Data: []byte("{}")},
		{Subject: "diarizer.v1.other.stream-started", Data: foreign.Data},
	} {
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	publishAll(t, nc, events[3:])
	good, bad := 0, 0
	for m, err := range Subscribe(patient(t), nc, SubscribeOptions{}) {
		switch {
		case errors.Is(err, ErrNotEvent):
			bad++
		case err != nil:
			t.Fatal(err)
		default:
			good++
		}
		if m.Kind == event.StreamEnded {
			break
		}
	}
	if good != len(events) || bad != 3 {
		t.Errorf("%d events of %d and %d others of 3", good, len(events), bad)
	}
}

func TestSubscriptionEndsWithItsContext(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	events := eventtest.Encoded(eventtest.Seeded(17), "meeting", 2)
	publishAll(t, nc, events)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range Subscribe(ctx, nc, SubscribeOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == len(events) {
			cancel() // with nothing more to read
		}
	}
	for _, err := range Subscribe(ctx, nc, SubscribeOptions{}) {
		t.Errorf("after the end: %v", err)
	}
	for _, err := range Subscribe(t.Context(), nc, SubscribeOptions{Streams: []string{"a.*"}}) {
		if err == nil || !strings.Contains(err.Error(), `stream "a.*"`) {
			t.Errorf("stream a.*: %v", err)
		}
	}
}

func TestConnectSaysWhatToDo(t *testing.T) {
	s := serve(t, natsd.Options{})
	url := s.URL()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	secret := strings.Replace(url, "nats://", "nats://ann:secret@", 1)
	_, err := Connect(t.Context(), secret, ConnectOptions{})
	if !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "secret") ||
		!strings.Contains(err.Error(), strings.TrimPrefix(url, "nats://")) || strings.Contains(err.Error(), "\n") {
		t.Errorf("no server: %v", err)
	}
	if _, err := Connect(t.Context(), "nats://a b", ConnectOptions{}); err == nil {
		t.Error("a broken URL is no error")
	}
	nc, err := Connect(t.Context(), url, ConnectOptions{Wait: true})
	if err != nil {
		t.Fatalf("waiting for a server: %v", err)
	}
	nc.Close()
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"nats://host:4222":                   "nats://host:4222",
		"nats://u:p@host:4222":               "nats://***@host:4222",
		"token@host":                         "***@host",
		"nats://u:p@q@host,tls://t@b:1,c:42": "nats://***@host,tls://***@b:1,c:42",
		"nats://u:%zz@host":                  "***@host",
	} {
		if got := Redact(in); got != want {
			t.Errorf("%s: %s, expected %s", in, got, want)
		}
	}
}

func TestEnsureStreamLeavesWhatIsThere(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx := patient(t)
	keepDirectory(t, nc)
	opts := StreamOptions{Retain: time.Hour, MaxBytes: 8 << 20}
	for range 2 {
		if err := EnsureStream(ctx, nc, opts); err != nil {
			t.Fatal(err)
		}
	}
	if err := EnsureStream(ctx, nc, StreamOptions{}); err != nil {
		t.Errorf("with its own limits: %v", err)
	}
	err = EnsureStream(ctx, nc, StreamOptions{Retain: 2 * time.Hour, MaxBytes: 5, Replicas: 3})
	for _, want := range []string{"maximum age of 1h0m0s instead of 2h0m0s", "8388608 bytes instead of 5", "1 replicas instead of 3", JetStreamName} {
		if !errors.Is(err, ErrIncompatible) || !strings.Contains(err.Error(), want) {
			t.Errorf("other limits: %v, expected %q", err, want)
		}
	}
	for want, change := range map[string]func(*jetstream.StreamConfig){
		"at most 20 messages instead of 10000 or more":         func(c *jetstream.StreamConfig) { c.MaxMsgs = 20 },
		"a maximum age of 1s instead of 1h0m0s or more":        func(c *jetstream.StreamConfig) { c.MaxAge, c.Duplicates = time.Second, time.Second },
		"at most 100000 bytes instead of 8388608 or more":      func(c *jetstream.StreamConfig) { c.MaxBytes = 100_000 },
		`storage in "Memory" instead of "File"`:                func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"at most 1 messages per subject instead of any number": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
	} {
		if err := js.DeleteStream(ctx, JetStreamName); err != nil {
			t.Fatal(err)
		}
		c := StreamOptions{}.config()
		change(&c)
		if _, err := js.CreateStream(ctx, c); err != nil {
			t.Fatal(err)
		}
		if err := EnsureStream(ctx, nc, StreamOptions{}); !errors.Is(err, ErrIncompatible) || !strings.Contains(err.Error(), want) {
			t.Errorf("a stream that loses events: %v, expected %q", err, want)
		}
		if c.MaxAge == time.Second {
			if err := EnsureStream(ctx, nc, StreamOptions{Retain: time.Second}); err != nil {
				t.Errorf("as it was asked for: %v", err)
			}
		}
	}
	if err := js.DeleteStream(ctx, JetStreamName); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: JetStreamName, Subjects: []string{"diarizer.v1.a.>"},
		Retention: jetstream.WorkQueuePolicy, MaxMsgsPerSubject: 5, MaxMsgSize: 100, Discard: jetstream.DiscardNew, NoAck: true}); err != nil {
		t.Fatal(err)
	}
	err = EnsureStream(ctx, nc, StreamOptions{})
	for _, want := range []string{`subjects ["diarizer.v1.a.>"]`, "WorkQueue", "5 messages per subject", "100 bytes", "DiscardNew", "no acknowledgements"} {
		if !errors.Is(err, ErrIncompatible) || !strings.Contains(err.Error(), want) {
			t.Errorf("a stream unfit for events: %v, expected %q", err, want)
		}
	}
	p := newPublisher(t, nc, PublisherOptions{})
	if err := p.Publish(eventtest.Encoded(eventtest.Seeded(1), "other", 1)[0]); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(patient(t)); !errors.Is(err, ErrUnpublished) || !errors.Is(err, ErrIncompatible) {
		t.Errorf("published to a stream unfit for events: %v", err)
	}
	if err := EnsureStream(ctx, nc, StreamOptions{Retain: -1}); err == nil {
		t.Error("a negative retention is no error")
	}
}

// The time of one event from Publish, through the journal and JetStream's file
// store, to a subscriber.
func BenchmarkPublishToSubscribe(b *testing.B) {
	s := serve(b, natsd.Options{})
	arrived := make(chan event.Event, 1)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	reader := dial(b, s.URL())
	go func() {
		defer close(stopped)
		for m, err := range Subscribe(ctx, reader, SubscribeOptions{}) {
			if err != nil {
				b.Error(err)
				return
			}
			arrived <- m.Event
		}
	}()
	enc := event.Encoder{Stream: "bench", Run: event.NewRun(time.Now())}
	p := newPublisher(b, dial(b, s.URL()), PublisherOptions{Journal: b.TempDir(), Run: enc.Run})
	e := enc.Start(event.Source{})
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if err := p.Publish(e); err != nil {
			b.Fatal(err)
		}
		if got := <-arrived; got.Seq != e.Seq {
			b.Fatalf("event %d instead of %d", got.Seq, e.Seq)
		}
		took = append(took, time.Since(start))
		e = enc.Status(int64(enc.Seq), event.Status{})
	}
	cancel()
	<-stopped
	report(b, took)
}

func BenchmarkPublish(b *testing.B) {
	s := serve(b, natsd.Options{})
	enc := event.Encoder{Stream: "bench", Run: event.NewRun(time.Now())}
	p := newPublisher(b, dial(b, s.URL()), PublisherOptions{Journal: b.TempDir(), Run: enc.Run})
	for b.Loop() {
		if err := p.Publish(enc.Status(0, event.Status{})); err != nil {
			b.Fatal(err)
		}
		if enc.Seq%1000 == 0 {
			if err := p.Flush(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := p.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func report(b *testing.B, took []time.Duration) {
	if len(took) < 100 {
		return
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
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
