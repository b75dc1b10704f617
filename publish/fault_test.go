package publish

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

func port(t testing.TB, s *natsd.Server) int {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

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

// proxy passes bytes between a client and a server until it is cut.
type proxy struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	conns    map[net.Conn]bool
	lose     atomic.Bool   // whether to drop the server's next answer and all connections
	lost     chan struct{} // tells that the answer was dropped
	gate     sync.RWMutex  // keeps new connections out while it is locked
	running  sync.WaitGroup
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, target: strings.TrimPrefix(target, "nats://"), conns: map[net.Conn]bool{},
		lost: make(chan struct{}, 1)}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.cut()
		p.running.Wait()
	})
	return p
}

func (p *proxy) url() string { return "nats://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.gate.RLock()
		srv, err := net.Dial("tcp", p.target)
		p.gate.RUnlock()
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.conns[client], p.conns[srv] = true, true
		p.mu.Unlock()
		p.running.Go(func() { p.pass(srv, client, false) })
		p.running.Go(func() { p.pass(client, srv, true) })
	}
}

// pass copies from src to dst and closes both at the end.
func (p *proxy) pass(dst, src net.Conn, answers bool) {
	defer dst.Close()
	defer src.Close()
	buf := make([]byte, 4096)
	for {
		n, err := src.Read(buf)
		if err != nil {
			return
		}
		if answers && p.lose.CompareAndSwap(true, false) {
			p.cut()
			p.lost <- struct{}{}
			return
		}
		if _, err := dst.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cut ends all present connections and drops the bytes on their way.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		c.Close()
	}
	clear(p.conns)
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
		if err := p.Publish(e); err != nil {
			t.Fatal(err)
		}
		switch r.IntN(200) {
		case 0:
			out.cut()
			cuts++
		case 1:
			out.lose.Store(true)
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
	publisher := &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{StreamSubjects("meeting")}},
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
	as := func(user string) string { return strings.Replace(ns.ClientURL(), "nats://", "nats://"+user+"@", 1) }
	admin := dial(t, as("admin:a"))
	if err := EnsureStream(patient(t), admin, StreamOptions{}); err != nil {
		t.Fatal(err)
	}
	events := eventtest.Encoded(eventtest.Seeded(41), "meeting", 20)
	publishAll(t, dial(t, as("box:b")), events)
	wantOnceInOrder(t, stored(t, as("admin:a"), ended), map[string]int{"run-meeting": len(events)})

	if _, err := Connect(t.Context(), as("box:wrong"), ConnectOptions{}); !errors.Is(err, nats.ErrAuthorization) ||
		strings.Contains(err.Error(), "wrong") {
		t.Errorf("a wrong password: %v", err)
	}
}
