package natsaudio_test

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const subject = natsaudio.Prefix + ".room1"

func serve(t *testing.T, opts natsd.Options) (*natsd.Server, *nats.Conn) {
	t.Helper()
	server, err := natsd.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	nc, err := nats.Connect(server.URL(), nats.ReconnectWait(20*time.Millisecond), nats.MaxReconnects(-1), nats.ReconnectBufSize(8<<20))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return server, nc
}

func keep(t *testing.T, nc *nats.Conn) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "AUDIO", Subjects: []string{natsaudio.AllSubjects}}); err != nil {
		t.Fatal(err)
	}
}

func tone(n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(math.Round(8000*math.Sin(float64(i)*float64(i)/90000))) / 32768
	}
	return s
}

func mono16k() natsaudio.Format {
	return natsaudio.Format{Encoding: natsaudio.S16, Rate: capture.Rate, Channels: 1}
}

// send publishes samples in packets of 20 ms, but those that skip names.
func send(t *testing.T, s *natsaudio.Sender, samples []float32) {
	t.Helper()
	at := 0
	for part := range slices.Chunk(samples, 320) {
		if err := s.Send(t.Context(), int64(at), len(part), natsaudio.AppendS16(nil, part)); err != nil {
			t.Fatal(err)
		}
		at += len(part)
	}
}

func sender(t *testing.T, nc *nats.Conn) *natsaudio.Sender {
	t.Helper()
	s, err := natsaudio.NewSender(t.Context(), nc, subject, mono16k(), natsaudio.SenderOptions{OnWarning: func(err error) { t.Log(err) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func source(t *testing.T, nc *nats.Conn, opts natsaudio.Options) *natsaudio.Source {
	t.Helper()
	s, err := natsaudio.Open(t.Context(), nc, subject, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// read returns the samples of a stream, NaN where there are none.
func read(t *testing.T, s *natsaudio.Source) []float32 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var all []float32
	for {
		b, err := s.Next(ctx)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		for int64(len(all)) < b.Start {
			all = append(all, float32(math.NaN()))
		}
		all = append(all, b.Samples...)
	}
}

func closeSender(t *testing.T, s *natsaudio.Sender) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Close(ctx, -1); err != nil {
		t.Fatal(err)
	}
}

func TestLive(t *testing.T) {
	_, nc := serve(t, natsd.Options{})
	in := source(t, nc, natsaudio.Options{})
	out := sender(t, nc)
	if in.Kept() || out.Kept() {
		t.Error("kept by nobody")
	}
	want := tone(16000*3 + 100)
	send(t, out, want)
	closeSender(t, out)
	if got := read(t, in); !slices.Equal(got, want) {
		t.Errorf("%d samples of %d", len(got), len(want))
	}
	if _, err := in.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestKept: JetStream gives a reader that comes later the session that was
// published last, from its beginning, and drops what is sent twice.
func TestKept(t *testing.T) {
	_, nc := serve(t, natsd.Options{})
	keep(t, nc)
	for _, n := range []int{1000, 16000, 40000} {
		out := sender(t, nc)
		if !out.Kept() {
			t.Fatal("not kept")
		}
		send(t, out, tone(n))
		closeSender(t, out)
	}
	in := source(t, nc, natsaudio.Options{})
	if got := read(t, in); !in.Kept() || !slices.Equal(got, tone(40000)) {
		t.Errorf("kept %v, %d samples", in.Kept(), len(got))
	}
	all := source(t, nc, natsaudio.Options{Follow: true, Idle: 5 * time.Second})
	if got := read(t, all); len(got) < 40000 || all.Stats().Packets != 125 {
		t.Errorf("follow: %d samples, %+v", len(got), all.Stats())
	}
}

// TestNotes: messages among the sound for the program that diarizes it are no sound. A reader that comes after one of
// them still finds the last session.
func TestNotes(t *testing.T) {
	_, nc := serve(t, natsd.Options{})
	keep(t, nc)
	for _, n := range []int{1000, 16000} {
		out := sender(t, nc)
		send(t, out, tone(n))
		note := nats.NewMsg(subject)
		note.Header.Set(natsaudio.HeaderControl+"Note", "something")
		note.Header.Set(natsaudio.HeaderSession, out.Session())
		if err := nc.PublishMsg(note); err != nil {
			t.Fatal(err)
		}
		closeSender(t, out)
		if err := nc.PublishMsg(note); err != nil {
			t.Fatal(err)
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	in := source(t, nc, natsaudio.Options{OnWarning: func(err error) { t.Error(err) }})
	if got := read(t, in); !slices.Equal(got, tone(16000)) || in.Stats().Bad != 0 {
		t.Errorf("%d samples, %+v", len(got), in.Stats())
	}
}

// TestServerRestarts: what JetStream keeps arrives whole though the server goes
// away in the middle, for a reader that listens all the while.
func TestServerRestarts(t *testing.T) {
	dir := t.TempDir()
	server, nc := serve(t, natsd.Options{StoreDir: dir})
	keep(t, nc)
	out := sender(t, nc)
	in := source(t, nc, natsaudio.Options{})
	want := tone(16000 * 4)
	half := len(want) / 2
	send(t, out, want[:half])

	port := mustPort(t, server.URL())
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	restarted := make(chan *natsd.Server)
	go func() {
		time.Sleep(300 * time.Millisecond)
		s, err := natsd.Start(context.Background(), natsd.Options{StoreDir: dir, Port: port})
		if err != nil {
			t.Error(err)
		}
		restarted <- s
	}()
	at := half
	for part := range slices.Chunk(want[half:], 320) {
		if err := out.Send(t.Context(), int64(at), len(part), natsaudio.AppendS16(nil, part)); err != nil {
			t.Fatal(err)
		}
		at += len(part)
	}
	closeSender(t, out)
	if s := <-restarted; s != nil {
		defer s.Close()
	}
	if got := read(t, in); !slices.Equal(got, want) {
		t.Errorf("%d samples of %d, %+v", len(got), len(want), in.Stats())
	}
}

// TestLossAndDisorder sends packets with holes, twice and in the wrong order.
func TestLossAndDisorder(t *testing.T) {
	_, nc := serve(t, natsd.Options{})
	in := source(t, nc, natsaudio.Options{})
	want := tone(16000 * 2)
	var packets []natsaudio.Packet
	for part := range slices.Chunk(want, 320) {
		n := len(packets)
		packets = append(packets, natsaudio.Packet{
			Session: "s", Seq: uint64(n + 1), Position: int64(n * 320), Encoding: natsaudio.S16, Rate: 16000, Channels: 1,
			Samples: len(part), Data: natsaudio.AppendS16(nil, part),
		})
	}
	for i := 3; i+4 < len(packets); i += 8 {
		packets[i], packets[i+3] = packets[i+3], packets[i]
	}
	for i, p := range packets {
		if lost := p.Seq%10 == 7; lost {
			for k := range 320 {
				want[p.Position+int64(k)] = float32(math.NaN())
			}
			continue
		}
		for range 1 + i%3/2 {
			publishPacket(t, nc, p)
		}
	}
	if err := nc.Publish(subject, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	publishPacket(t, nc, natsaudio.Packet{Session: "s", Seq: 101, Position: 32000, Encoding: natsaudio.S16, Rate: 16000, Channels: 1, End: true})
	got := read(t, in)
	equal := func(a, b float32) bool { return a == b || a != a && b != b }
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("%d samples, want %d", len(got), len(want))
	}
	if st := in.Stats(); st.Lost != 10 || st.Bad != 1 || st.Packets != 90 || st.Dropped == 0 {
		t.Errorf("%+v", st)
	}
}

func publishPacket(t *testing.T, nc *nats.Conn, p natsaudio.Packet) {
	t.Helper()
	msg, err := p.Message(subject)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishMsg(msg); err != nil {
		t.Fatal(err)
	}
}

// TestFewPermissions: a client that may publish or read one subject, and nothing else, can do so.
func TestFewPermissions(t *testing.T) {
	ns, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
		Users: []*server.User{{Username: "box", Password: "x", Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: []string{subject}},
			Subscribe: &server.SubjectPermission{Allow: []string{subject, "_INBOX.>"}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	defer ns.WaitForShutdown()
	defer ns.Shutdown()
	if !ns.ReadyForConnections(time.Minute) {
		t.Fatal("no server")
	}
	nc, err := nats.Connect(ns.ClientURL(), nats.UserInfo("box", "x"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { t.Log(err) }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	in := source(t, nc, natsaudio.Options{})
	out := sender(t, nc)
	send(t, out, tone(5000))
	closeSender(t, out)
	if got := read(t, in); !slices.Equal(got, tone(5000)) {
		t.Errorf("%d samples", len(got))
	}
}

// TestNoPermission: a client that may not publish gets an error, and does not go on as if its sound were heard.
func TestNoPermission(t *testing.T) {
	url := natstest.Start(t, &server.Options{Users: []*server.User{{Username: "box", Password: "x", Permissions: &server.Permissions{
		Publish: &server.SubjectPermission{Deny: []string{subject}},
	}}}})
	nc, err := nats.Connect(url, nats.UserInfo("box", "x"), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	for _, kept := range []bool{false, true} {
		if kept {
			keep(t, nc)
		}
		short := sender(t, nc)
		if err := short.Send(t.Context(), 0, 320, make([]byte, 640)); err != nil && !errors.Is(err, nats.ErrPermissionViolation) {
			t.Error(err)
		}
		if err := short.Close(t.Context(), -1); !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("kept: %v: the end of what nobody heard: %v", kept, err)
		}
	}
}

// TestSlowReader: packets that a reader of plain NATS does not take in time are lost, and it says so. The packets that
// wait for it are bounded, and positions stay right.
func TestSlowReader(t *testing.T) {
	_, nc := serve(t, natsd.Options{})
	slow := make(chan error, 10)
	in := source(t, nc, natsaudio.Options{OnWarning: func(err error) { slow <- err }})
	const packets, each = 40000, 16
	for i := range packets + 1 {
		p := natsaudio.Packet{Session: "s", Seq: uint64(i + 1), Position: int64(i * each), Encoding: natsaudio.S16, Rate: 16000, Channels: 1}
		if p.End = i == packets; !p.End {
			p.Samples, p.Data = each, make([]byte, 2*each)
		}
		if p.End {
			// By now the first are there, and make room for the last.
			if err := nc.FlushTimeout(time.Minute); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		publishPacket(t, nc, p)
	}
	if err := nc.FlushTimeout(time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := read(t, in); len(got) != packets*each {
		t.Errorf("ends at %d, want %d", len(got), packets*each)
	}
	st := in.Stats()
	if st.Lost == 0 || st.Packets+st.Lost != packets {
		t.Errorf("%+v", st)
	}
	select {
	case err := <-slow:
		t.Log(err)
	default:
		t.Error("nothing was said")
	}
}

// TestEarlyEnd: an end mark that comes before earlier packets, one of which never comes, ends the stream.
func TestEarlyEnd(t *testing.T) {
	_, nc := serve(t, natsd.Options{})
	in := source(t, nc, natsaudio.Options{})
	p := func(seq int) natsaudio.Packet {
		return natsaudio.Packet{Session: "s", Seq: uint64(seq), Position: int64(seq-1) * 10, Encoding: natsaudio.S16, Rate: 16000,
			Channels: 1, Samples: 10, Data: make([]byte, 20)}
	}
	end := natsaudio.Packet{Session: "s", Seq: 5, Position: 40, Encoding: natsaudio.S16, Rate: 16000, Channels: 1, End: true}
	for _, q := range []natsaudio.Packet{p(1), end, p(3), p(2)} {
		publishPacket(t, nc, q)
	}
	got := read(t, in)
	if len(got) != 40 || got[29] != 0 || got[30] == got[30] || got[39] != 0 {
		t.Errorf("%v", got)
	}
}

func TestStops(t *testing.T) {
	_, nc := serve(t, natsd.Options{})
	t.Run("context", func(t *testing.T) {
		in := source(t, nc, natsaudio.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := in.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("close", func(t *testing.T) {
		in := source(t, nc, natsaudio.Options{Follow: true})
		time.AfterFunc(20*time.Millisecond, func() { _ = in.Close() })
		if _, err := in.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	})
	t.Run("idle", func(t *testing.T) {
		in := source(t, nc, natsaudio.Options{Idle: 20 * time.Millisecond})
		if _, err := in.Next(t.Context()); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("nothing was sent, and the error is %v", err)
		}
	})
	t.Run("idle after sound", func(t *testing.T) {
		in := source(t, nc, natsaudio.Options{Idle: 4 * time.Second})
		send(t, sender(t, nc), tone(3200))
		if got := read(t, in); len(got) != 3200 {
			t.Errorf("%d samples", len(got))
		}
	})
	t.Run("wildcard", func(t *testing.T) {
		if _, err := natsaudio.Open(t.Context(), nc, natsaudio.AllSubjects, natsaudio.Options{}); err == nil {
			t.Error("accepted")
		}
	})
	keep(t, nc)
	t.Run("kept", func(t *testing.T) {
		in := source(t, nc, natsaudio.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := in.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func mustPort(t *testing.T, url string) int {
	t.Helper()
	port := 0
	for _, c := range url[len(url)-5:] {
		if c >= '0' && c <= '9' {
			port = port*10 + int(c-'0')
		}
	}
	return port
}
