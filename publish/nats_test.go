package publish

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

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
