package publish

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// stored reads the messages in JetStream with a new consumer.
func stored(t testing.TB, url string, stop func(Message) bool) []Message {
	t.Helper()
	var messages []Message
	for m, err := range Subscribe(patient(t), dial(t, url), SubscribeOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, m)
		if stop(m) {
			return messages
		}
	}
	t.Fatalf("%d messages, and the last is still to come", len(messages))
	return nil
}

func ended(m Message) bool { return m.Kind == event.StreamEnded }

// wantOnceInOrder checks that messages are events 1, 2, 3 … n of every run.
func wantOnceInOrder(t testing.TB, messages []Message, want map[string]int) {
	t.Helper()
	next := map[string]uint64{}
	for _, m := range messages {
		if next[m.Run]++; m.Seq != next[m.Run] {
			t.Fatalf("run %s: event %d stored in the place of event %d", m.Run, m.Seq, next[m.Run])
		}
	}
	for run, n := range want {
		if next[run] != uint64(n) {
			t.Errorf("run %s: %d of %d events stored", run, next[run], n)
		}
	}
}

func TestRestartsOfTheServerLoseNothing(t *testing.T) {
	opts := natsd.Options{StoreDir: t.TempDir()}
	s := serve(t, opts)
	opts.Port = port(t, s)
	events := eventtest.Encoded(eventtest.Seeded(20), "meeting", 1500)
	received := make(chan event.Event, len(events))
	reader := dial(t, s.URL())
	go func() {
		defer close(received)
		for m, err := range Subscribe(patient(t), reader, SubscribeOptions{}) {
			if err != nil {
				t.Error(err)
			}
			received <- m.Event
			if err != nil || m.Kind == event.StreamEnded {
				return
			}
		}
	}()
	p := newPublisher(t, dial(t, s.URL()), PublisherOptions{Queue: len(events)})
	for _, e := range events {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	var here, there event.Timeline
	eventtest.ApplyAll(t, here.Apply, events)
	restarts := 0
	for e := range received {
		if err := there.Apply(e); err != nil {
			t.Fatal(err)
		}
		if e.Seq%600 == 0 { // with the next events on their way
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = serve(t, opts)
			restarts++
		}
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	wantOnceInOrder(t, stored(t, s.URL(), ended), map[string]int{"run-meeting": len(events)})
	if there.Ended() == nil || !reflect.DeepEqual(here.Segments(), there.Segments()) {
		t.Errorf("a subscriber throughout has %d of %d events or other turns", there.Seq(), len(events))
	}
	t.Logf("%d events, %d restarts, %d retries", len(events), restarts, p.Stats().Retries)
}

func TestCutConnectionsLoseNothing(t *testing.T) {
	s := serve(t, natsd.Options{})
	out, in := newProxy(t, s.URL()), newProxy(t, s.URL())
	events := eventtest.Encoded(eventtest.Seeded(21), "meeting", 1500)
	live := make(chan []event.Event)
	reader := dial(t, in.url())
	go func() { live <- collect(t, reader, SubscribeOptions{}) }()
	p := newPublisher(t, dial(t, out.url()), PublisherOptions{Queue: len(events)})
	r := rand.New(rand.NewPCG(21, 0))
	cuts, lost := 0, 0
	for _, e := range events {
		fault := r.IntN(200)
		out.lose.Store(fault == 1) // before the event, so that an answer is still to come
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
		switch fault {
		case 0:
			out.cut()
			cuts++
		case 1:
			<-out.lost
			lost++
		case 2:
			in.cut()
			cuts++
		}
		if r.IntN(20) == 0 { // so that a fault affects only a few of them
			if err := p.Flush(patient(t)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	wantOnceInOrder(t, stored(t, s.URL(), ended), map[string]int{"run-meeting": len(events)})
	if received := <-live; len(received) != len(events) {
		t.Errorf("a subscriber over cut connections has %d of %d events", len(received), len(events))
	}
	t.Logf("%d events, %d cuts, %d lost answers, %d retries", len(events), cuts, lost, p.Stats().Retries)
}

// An acknowledgement is lost, and the server is back only after it has forgotten the id of the event.
func TestLostAcknowledgementBeyondTheDuplicateWindow(t *testing.T) {
	s := serve(t, natsd.Options{})
	js, err := jetstream.New(dial(t, s.URL()))
	if err != nil {
		t.Fatal(err)
	}
	ctx := patient(t)
	config := StreamOptions{}.config()
	config.Duplicates = 100 * time.Millisecond // the shortest that the server has
	if _, err := js.CreateStream(ctx, config); err != nil {
		t.Fatal(err)
	}
	way := newProxy(t, s.URL())
	p := newPublisher(t, dial(t, way.url()), PublisherOptions{})
	events := eventtest.Encoded(eventtest.Seeded(22), "meeting", 15)
	lost := 0
	for i, e := range events {
		if i%2 == 1 {
			way.gate.Lock()
			way.lose.Store(true)
			lost++
		}
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 {
			<-way.lost
			forget(t, js)
			way.gate.Unlock()
		}
		if err := p.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
	var own []Message
	for _, m := range stored(t, s.URL(), ended) {
		if m.Stream == "meeting" {
			own = append(own, m)
		}
	}
	wantOnceInOrder(t, own, map[string]int{"run-meeting": len(events)})
	t.Logf("%d events, %d lost answers, %d retries", len(events), lost, p.Stats().Retries)
}

// forget returns once the server has forgotten the ids of earlier messages.
func forget(t *testing.T, js jetstream.JetStream) {
	t.Helper()
	enc := event.Encoder{Stream: "other", Run: event.NewRun(time.Now())}
	msg, err := NewMessage(enc.Status(0, event.Status{}))
	if err != nil {
		t.Fatal(err)
	}
	for duplicates := 0; ; duplicates++ {
		ack, err := js.PublishMsg(patient(t), msg)
		if err != nil {
			t.Fatal(err)
		}
		if duplicates > 0 && !ack.Duplicate {
			return
		}
	}
}

func TestUpdatesGiveWayWhileTheServerIsAway(t *testing.T) {
	s := serve(t, natsd.Options{})
	opts := natsd.Options{Port: port(t, s)}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	nc, err := Connect(t.Context(), s.URL(), ConnectOptions{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	const limit = 50
	p := newPublisher(t, nc, PublisherOptions{Queue: limit})
	decisions := eventtest.Conversation(eventtest.Seeded(23), 400)
	enc := event.Encoder{Stream: "meeting", Run: "run", Now: eventtest.Wall()}
	var whole, here event.Timeline
	everything := event.Encoder{Stream: "meeting", Run: "run", Now: eventtest.Wall()}
	left := 0
	publish := func(e event.Event) {
		t.Helper()
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
		eventtest.ApplyAll(t, here.Apply, []event.Event{e})
	}
	start := enc.Start(event.Source{})
	publish(start)
	eventtest.ApplyAll(t, whole.Apply, []event.Event{everything.Start(*start.Source)})
	for i, d := range decisions {
		eventtest.ApplyAll(t, whole.Apply, []event.Event{online.Encode(&everything, d)})
		if d.Kind == online.TurnUpdated && p.GiveWay() {
			left++
			continue
		}
		publish(online.Encode(&enc, d))
		if i%100 == 50 {
			publish(enc.Status(d.At, event.Status{}))
			everything.Seq++
			whole.Skip(event.Event{Seq: everything.Seq + 1})
		}
	}
	publish(enc.Finish(decisions[len(decisions)-1].At, event.Finished, ""))
	if stats := p.Stats(); left == 0 || stats.Coalesced != uint64(left) || stats.Queued != int(enc.Seq) {
		t.Errorf("%d updates left out of %d events without a server: %+v", left, enc.Seq, stats)
	}
	s = serve(t, opts)
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	messages := stored(t, s.URL(), ended)
	wantOnceInOrder(t, messages, map[string]int{"run": int(enc.Seq)})
	var there event.Timeline
	var last event.Status
	for _, m := range messages {
		if err := there.Apply(m.Event); err != nil {
			t.Fatal(err)
		}
		if m.Status != nil {
			last = *m.Status
		}
	}
	if last.Coalesced == 0 || last.Queued == 0 {
		t.Errorf("the last status is %+v", last)
	}
	if !reflect.DeepEqual(here.Segments(), there.Segments()) || !reflect.DeepEqual(whole.Segments(), there.Segments()) {
		t.Error("the turns differ")
	}
}

func TestCloseWithoutServerSaysWhatIsLeft(t *testing.T) {
	nc, err := Connect(t.Context(), "nats://127.0.0.1:1", ConnectOptions{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	reported := make(chan error, 1)
	p := newPublisher(t, nc, PublisherOptions{OnError: func(err error) {
		select {
		case reported <- err:
		default:
		}
	}})
	for _, e := range eventtest.Encoded(eventtest.Seeded(24), "meeting", 1)[:3] {
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
	}
	<-reported
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = p.Close(ctx)
	if !errors.Is(err, ErrUnpublished) || !strings.Contains(err.Error(), "3 left") {
		t.Errorf("closed without a server: %v", err)
	}
	if err := p.Publish(eventtest.Encoded(eventtest.Seeded(24), "meeting", 1)[3]); !errors.Is(err, ErrClosed) {
		t.Errorf("published after the end: %v", err)
	}
}
