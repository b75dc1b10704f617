package serve

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestCutOff cuts a worker off from the server until it is replaced and a stream without sound
// would be over. Then the worker comes back, while another one goes on.
func TestCutOff(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 5, 20)
	p := newProxy(t, nc.ConnectedUrl())
	opts := testOptions(cfg)
	opts.Idle = 3 * time.Second
	first := startWorker(t, natstest.Connect(t, p.url()), opts)
	m.run(t, nc, 3, 2*time.Minute, func() {
		waitFor(t, func() bool { return len(first.all()) == 5 })
		startWorker(t, nc, testOptions(cfg))
		time.Sleep(500 * time.Millisecond)
		p.sever(true)
		time.Sleep(4 * time.Second)
		if first.lease.holds() {
			t.Error("a worker that is cut off believes that it may publish")
		}
		p.sever(false)
	})
}

// TestConnectionLost breaks a connection that comes back at once. No worker is replaced.
func TestConnectionLost(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 3, 12)
	p := newProxy(t, nc.ConnectedUrl())
	startWorker(t, natstest.Connect(t, p.url()), testOptions(cfg))
	m.run(t, nc, 3, 2*time.Minute, func() {
		for range 4 {
			time.Sleep(700 * time.Millisecond)
			p.sever(false)
		}
	})
}

// TestDamagedCheckpoint gives the next owner a checkpoint with a flipped byte, a missing piece, a
// shortened piece, or a manifest of nonsense. The owner logs it and begins again with the sound,
// to the same events.
func TestDamagedCheckpoint(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	m := newMeetings(t, cfg, 4, 16)
	m.held = true
	first := startWorker(t, nc, testOptions(cfg))
	log := &lines{}
	m.run(t, nc, 3, 2*time.Minute, func() {
		waitFor(t, func() bool { return checkpoints(t, first.Worker) >= 8 })
		first.end(t)
		kv, err := js.KeyValue(t.Context(), StateBucket)
		if err != nil {
			t.Fatal(err)
		}
		harm(t, kv, m.names)
		opts := testOptions(cfg)
		opts.Log = log.logger(t)
		startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), opts)
	})
	if n := strings.Count(log.String(), "checkpoint refused"); n != len(m.names) {
		t.Errorf("%d of %d damaged checkpoints were refused", n, len(m.names))
	}
}

// harm damages the checkpoints of streams, in one of four ways each.
func harm(t *testing.T, kv jetstream.KeyValue, streams []string) {
	t.Helper()
	for i, stream := range streams {
		keys, err := kv.ListKeysFiltered(t.Context(), stream+".*.*")
		if err != nil {
			t.Fatal(err)
		}
		for key := range keys.Keys() {
			e, err := kv.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			b := append([]byte(nil), e.Value()...)
			switch i % 4 {
			case 0:
				b[len(b)/2] ^= 1
				_, err = kv.Put(t.Context(), key, b)
			case 1:
				err = kv.Purge(t.Context(), key)
			case 2:
				_, err = kv.Put(t.Context(), key, b[:len(b)/2])
			case 3:
				_, err = kv.Put(t.Context(), stream+".manifest", []byte("no manifest"))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestOtherProgram has a next owner with another model. It cannot go on with the runs, closes
// them, and diarizes the sound again.
func TestOtherProgram(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 2, 14)
	m.held = true
	first := startWorker(t, nc, testOptions(cfg))
	other := pipeline.Config{Model: anyModel()}
	other.Online.MinCreate = 60
	for i, name := range m.names {
		m.events[i], m.rttm[i] = undisturbed(t, name, other, m.sound[i])
	}
	m.run(t, nc, 3, 2*time.Minute, func() {
		waitFor(t, func() bool { return checkpoints(t, first.Worker) >= 4 })
		first.end(t)
		startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), testOptions(other))
	})
}

// TestClockJumps holds that no decision depends on the clock of the server that stores the sound.
// In TestCluster, all clocks jump.
func TestClockJumps(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	ps := packetsOf("s", speech(3, 10))
	want, _ := undisturbed(t, "room", cfg, ps)
	rec := &recorder{}
	f, err := newFollower("room", cfg, rec)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range ps {
		msg, err := p.Message("x")
		if err != nil {
			t.Fatal(err)
		}
		stored := time.Unix(1e9, 0).Add(time.Duration(i%7-3) * 24 * time.Hour)
		if err := f.push(t.Context(), message{number: uint64(i + 1), stored: stored, header: msg.Header, data: msg.Data}); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(rec.text, "\n") != strings.Join(want, "\n") {
		t.Error("other events where the clock jumps")
	}
}

// TestLeaseRunsOut on the monotonic clock alone.
func TestLeaseRunsOut(t *testing.T) {
	now := time.Now()
	l := &lease{lasts: time.Second, now: func() time.Time { return now }}
	if l.holds() {
		t.Error("a lease that was never renewed holds")
	}
	l.renew(now)
	now = now.Add(999 * time.Millisecond)
	if !l.holds() {
		t.Error("it does not hold for a second")
	}
	now = now.Add(time.Millisecond)
	if l.holds() {
		t.Error("it holds for more than a second")
	}
	l.renew(now.Add(-2 * time.Second)) // an answer that comes late
	if l.holds() {
		t.Error("it counts from the answer, not from the sending")
	}
}

// TestFencedChain holds that a chain whose stream went on without it adds nothing. An event that
// was published already counts as published, and an event that differs is an error.
func TestFencedChain(t *testing.T) {
	nc := natstest.New(t)
	s, err := openShared(t.Context(), nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := pipeline.Config{Model: anyModel()}
	ps := packetsOf("s", speech(3, 8))
	made := func() *chain {
		return &chain{js: s.js, events: s.events, stream: "room", held: newHeld, report: func(err error) { t.Log(err) }, sent: countSent(t)}
	}
	play := func(c *chain, cfg pipeline.Config, n int) error {
		f, err := newFollower("room", cfg, c)
		if err != nil {
			return err
		}
		for i, p := range ps[:n] {
			msg, err := p.Message("x")
			if err != nil {
				return err
			}
			if err := f.push(t.Context(), message{number: uint64(i + 1), stored: time.Unix(1e9, 0), header: msg.Header, data: msg.Data}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := play(made(), cfg, len(ps)/2); err != nil {
		t.Fatal(err)
	}
	if err := play(made(), cfg, len(ps)); err != nil { // the successor
		t.Fatal(err)
	}
	before := lastRun(t, nc, "room")
	if err := play(made(), cfg, len(ps)); err != nil { // the owner that comes back and knows nothing
		t.Fatal(err)
	}
	other := cfg
	other.Online.MinCreate = 60
	other.Online.MinAssign = 20
	if err := play(made(), other, len(ps)); !errors.Is(err, errDiverged) {
		t.Errorf("an owner of other decisions: %v", err)
	}
	if after := lastRun(t, nc, "room"); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Errorf("%d events became %d", len(before), len(after))
	}
}

// checkpoints is how many a worker has made.
func checkpoints(t *testing.T, w *Worker) int {
	return int(metricOf(t, w, "diarizer_checkpoints_total"))
}
