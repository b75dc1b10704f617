package publish

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// received is a message or an error that a subscriber got.
type received struct {
	Message
	err error
}

// follow subscribes until the test ends.
func follow(t *testing.T, nc *nats.Conn, opts SubscribeOptions) <-chan received {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	got := make(chan received)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(got)
		for m, err := range Subscribe(ctx, nc, opts) {
			select {
			case got <- received{m, err}:
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return got
}

// wantEvents checks that the next events are these and nothing else comes.
func wantEvents(t *testing.T, got <-chan received, events []event.Event) {
	t.Helper()
	for _, want := range events {
		r, ok := <-got
		if !ok {
			t.Fatalf("the subscription ended before event %s", want.ID())
		}
		if r.err != nil || r.ID() != want.ID() {
			t.Fatalf("%s, %v instead of event %s", r.ID(), r.err, want.ID())
		}
	}
}

// wantError checks that the next error is like want, a pointer.
func wantError[E any](t *testing.T, got <-chan received, want *E) {
	t.Helper()
	r := <-got
	found, ok := r.err.(interface{ Is(error) bool })
	if !ok || !found.Is(event.ErrHole) || !reflect.DeepEqual(any(r.err), any(want)) {
		t.Fatalf("%v, %v instead of %+v", r.ID(), r.err, *want)
	}
}

func jetStream(t *testing.T, nc *nats.Conn) jetstream.JetStream {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// away cuts all connections through p while f runs.
func (p *proxy) away(f func()) {
	p.gate.Lock()
	defer p.gate.Unlock()
	p.cut()
	f()
}

func TestConsumersDeletedUnderASubscriber(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	events := eventtest.Encoded(eventtest.Seeded(90), "meeting", 100)
	js := jetStream(t, nc)
	publishAll(t, nc, events[:50])
	got := follow(t, dial(t, s.URL()), SubscribeOptions{Streams: []string{"meeting"}})
	deleted := 0
	for i := 0; i < 50; i += 10 {
		wantEvents(t, got, events[i:i+10])
		stream, err := js.Stream(patient(t), JetStreamName)
		if err != nil {
			t.Fatal(err)
		}
		names := stream.ConsumerNames(patient(t))
		for name := range names.Name() {
			if err := stream.DeleteConsumer(patient(t), name); err != nil {
				t.Fatal(err)
			}
			deleted++
		}
		if err := names.Err(); err != nil {
			t.Fatal(err)
		}
	}
	publishAll(t, nc, events[50:])
	wantEvents(t, got, events[50:])
	if deleted == 0 {
		t.Error("no consumer was deleted")
	}
}

// While the subscriber's connection is away, its JetStream stream is deleted
// and another one made, whose numbers begin at 1.
func TestStreamReplacedUnderASubscriber(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	keepDirectory(t, nc)
	way := newProxy(t, s.URL())
	before, after := eventtest.Encoded(eventtest.Seeded(91), "before", 20), eventtest.Encoded(eventtest.Seeded(92), "after", 10)
	publishAll(t, nc, before)
	got := follow(t, dial(t, way.url()), SubscribeOptions{})
	wantEvents(t, got, before)
	way.away(func() {
		if err := jetStream(t, nc).DeleteStream(patient(t), JetStreamName); err != nil {
			t.Fatal(err)
		}
		publishAll(t, nc, after)
	})
	wantEvents(t, got, after)
}

// The server's machine crashes and its disk has an older state, so that new events get numbers that other
// events had. The subscriber is back before there are as many events as before, or only after.
func TestStreamCutBackUnderASubscriber(t *testing.T) {
	for _, late := range []bool{false, true} {
		for _, streams := range [][]string{nil, {"meeting"}} {
			t.Run(fmt.Sprintf("late %v of %v", late, streams), func(t *testing.T) {
				dir, old := t.TempDir(), filepath.Join(t.TempDir(), "old")
				opts := natsd.Options{StoreDir: dir}
				s := serve(t, opts)
				opts.Port = port(t, s)
				way := newProxy(t, s.URL())
				restart := func(between func() error) {
					if err := errors.Join(s.Close(), between()); err != nil {
						t.Fatal(err)
					}
					s = serve(t, opts)
				}
				events := eventtest.Encoded(eventtest.Seeded(93), "meeting", 60)
				publishAll(t, dial(t, s.URL()), events[:40])
				restart(func() error { return os.CopyFS(old, os.DirFS(dir)) })
				publishAll(t, dial(t, s.URL()), events[40:60])
				got := follow(t, dial(t, way.url()), SubscribeOptions{Streams: streams})
				wantEvents(t, got, events[:60])
				way.away(func() {
					restart(func() error { return errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(old))) })
					if late {
						publishAll(t, dial(t, s.URL()), events[60:90])
					}
				})
				if late {
					wantEvents(t, got, events[60:90])
				} else {
					publishAll(t, dial(t, s.URL()), events[60:62])
					wantEvents(t, got, events[60:62])
					publishAll(t, dial(t, s.URL()), events[62:90])
					wantEvents(t, got, events[62:90])
				}
				publishAll(t, dial(t, s.URL()), events[90:])
				wantEvents(t, got, events[90:])
			})
		}
	}
}

func TestWhatWasDeletedUnreadIsSaid(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	way := newProxy(t, s.URL())
	events := eventtest.Encoded(eventtest.Seeded(94), "meeting", 40)
	publishAll(t, nc, events[:20])
	got := follow(t, dial(t, way.url()), SubscribeOptions{Streams: []string{"meeting"}})
	wantEvents(t, got, events[:20])
	way.away(func() {
		publishAll(t, nc, events[20:50])
		stream, err := jetStream(t, nc).Stream(patient(t), JetStreamName)
		if err == nil {
			err = stream.Purge(patient(t), jetstream.WithPurgeSequence(41))
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	wantError(t, got, &LostError{First: 21, Last: 40})
	wantError(t, got, &event.HoleError{Stream: "meeting", Run: "run-meeting", Want: 21, Got: 41, Gone: "JetStream stream " + JetStreamName})
	wantEvents(t, got, events[40:50])
	publishAll(t, nc, events[50:])
	wantEvents(t, got, events[50:])
}

func TestHoleInAStreamIsSaidOnce(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	events := eventtest.Encoded(eventtest.Seeded(95), "meeting", 40)
	publishAll(t, nc, events)
	stream, err := jetStream(t, nc).Stream(patient(t), JetStreamName)
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []uint64{5, 10, 11} {
		if err := stream.DeleteMsg(patient(t), number); err != nil {
			t.Fatal(err)
		}
	}
	got := follow(t, dial(t, s.URL()), SubscribeOptions{})
	hole := event.HoleError{Stream: "meeting", Run: "run-meeting", Want: 5, Got: 6, Gone: "JetStream stream " + JetStreamName}
	wantEvents(t, got, events[:4])
	wantError(t, got, &hole)
	wantEvents(t, got, events[5:9])
	hole.Want, hole.Got = 10, 12
	wantError(t, got, &hole)
	wantEvents(t, got, events[11:])
}

func TestPlaceBeyondTheEndIsAnError(t *testing.T) {
	s := serve(t, natsd.Options{})
	nc := dial(t, s.URL())
	events := eventtest.Encoded(eventtest.Seeded(96), "meeting", 5)
	publishAll(t, nc, events)
	waited := 0
	for _, err := range Subscribe(patient(t), nc, SubscribeOptions{After: 1000, OnWait: func(error) { waited++ }}) {
		if !errors.Is(err, ErrReplaced) || waited == 0 {
			t.Errorf("%v after %d attempts", err, waited)
		}
		return
	}
	t.Error("nothing was said")
}

func TestConsumerThatSentMoreIsReplaced(t *testing.T) {
	for name, test := range map[string]struct {
		sent uint64
		err  error
		want error
	}{
		"nothing lost":  {sent: 3},
		"last is lost":  {sent: 4, want: errAgain},
		"gone":          {err: jetstream.ErrConsumerNotFound, want: errAgain},
		"must not know": {sent: 9, err: context.DeadlineExceeded},
	} {
		c := consumer{delivered: 3, info: func(context.Context) (*jetstream.ConsumerInfo, error) {
			return &jetstream.ConsumerInfo{Delivered: jetstream.SequenceInfo{Consumer: test.sent}}, test.err
		}}
		if err := c.check(t.Context()); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRunsRememberedAreBounded(t *testing.T) {
	var h heard
	for i := range 3 * mostRuns {
		h.event(event.Event{Run: "long", Seq: uint64(i + 1)})
		h.event(event.Event{Run: fmt.Sprint(i), Seq: 7})
	}
	if len(h.runs) > mostRuns {
		t.Errorf("%d runs", len(h.runs))
	}
	if seq, known := h.last("long"); !known || seq != 3*mostRuns {
		t.Errorf("the run that goes on: %d, %v", seq, known)
	}
	if _, known := h.last("0"); known || !h.before(event.Event{Run: fmt.Sprint(3*mostRuns - 1), Seq: 7}) {
		t.Error("the oldest run is remembered or the newest is not")
	}
}
