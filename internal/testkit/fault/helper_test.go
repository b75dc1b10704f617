package fault

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
)

// patience ends a test that hangs; nothing is timed by it. A subscriber that is
// there throughout a test needs more of it than the test takes on a slow machine.
const patience = 10 * time.Minute

// role makes a process of the test binary a publisher or a subscriber.
const role = "DIARIZER_FAULT_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "publisher":
		os.Exit(exit(publisher(os.Args[1], os.Args[2], number(os.Args[3]), number(os.Args[4]))))
	case "subscriber":
		os.Exit(exit(subscriber(os.Args[1], number(os.Args[2]))))
	}
	// The tests wait for servers most of the time, whatever the processors.
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

func exit(err error) int {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// run is the id of the one run that these tests publish.
const run = "0000000000-run"

// eventOf makes event seq of a run of n: turns that start, grow and end.
func eventOf(seq, n uint64) event.Event {
	enc := event.Encoder{Stream: "meeting", Run: run, Seq: seq - 1}
	at := int64(seq) * 1600
	switch {
	case seq == 1:
		return enc.Start(event.Source{Name: "meeting"})
	case seq == n:
		return enc.Finish(at, event.Finished, "")
	}
	turn := online.Turn{ID: int(seq / 4), Speaker: 1 + int(seq/4%5), Start: int64(seq/4) * 6400, End: at,
		Confidence: 0.9, State: online.Provisional}
	kind := []online.Kind{online.TurnStarted, online.TurnUpdated, online.TurnUpdated, online.TurnEnded}[seq%4]
	if kind == online.TurnEnded {
		turn.State = online.Final
	}
	return online.Encode(&enc, online.Event{Kind: kind, At: at, Turn: turn})
}

// count checks that a run's events are 1 to n, each once and in order.
type count struct {
	t                         testing.TB
	last                      uint64
	lost, doubled, outOfOrder int
	seen                      map[uint64]bool
}

func (c *count) event(seq uint64) {
	if c.seen == nil {
		c.seen = map[uint64]bool{}
	}
	switch {
	case c.seen[seq]:
		c.doubled++
	case seq < c.last:
		c.outOfOrder++
	}
	c.seen[seq] = true
	c.last = max(c.last, seq)
}

func (c *count) check(what string, n uint64) {
	c.t.Helper()
	first, last := uint64(0), uint64(0)
	for seq := uint64(1); seq <= n; seq++ {
		if !c.seen[seq] {
			if c.lost++; first == 0 {
				first = seq
			}
			last = seq
		}
	}
	if c.lost > 0 { // the end of a run is missing to whom it was too slow
		c.t.Logf("%s: what is lost is between event %d and event %d", what, first, last)
	}
	if c.lost+c.doubled+c.outOfOrder > 0 || uint64(len(c.seen)) != n {
		c.t.Errorf("%s: %d of %d events: %d lost, %d doubled, %d out of order", what, len(c.seen), n, c.lost, c.doubled, c.outOfOrder)
	}
	c.t.Logf("%s: %d events: %d lost, %d doubled, %d out of order", what, len(c.seen), c.lost, c.doubled, c.outOfOrder)
}

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func dial(t testing.TB, url string) *nats.Conn {
	t.Helper()
	nc, err := publish.Connect(patient(t), url, publish.ConnectOptions{WaitFor: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// listener is a subscriber that counts what it receives.
type listener struct {
	count
	reached atomic.Uint64 // the number of the last event
	done    chan struct{}
}

// throughout reads from now on to the end of the run and counts.
func throughout(t *testing.T, url string) *listener {
	t.Helper()
	l := &listener{count: count{t: t}, done: make(chan struct{})}
	nc, ctx := dial(t, url), patient(t)
	t.Cleanup(func() { <-l.done })
	go func() {
		defer close(l.done)
		for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{}) {
			if err != nil {
				t.Error(err)
				continue
			}
			l.event(m.Seq)
			if l.reached.Store(m.Seq); m.Kind == event.StreamEnded {
				return
			}
		}
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("the subscriber had no more time after event %d: %v", l.last, ctx.Err())
		}
	}()
	return l
}

// check waits for the end of the run.
func (l *listener) check(n uint64) {
	l.t.Helper()
	<-l.done
	l.count.check("received throughout", n)
}

// stored counts what JetStream holds of the run of n events.
func stored(t testing.TB, url string, n uint64) {
	t.Helper()
	c := count{t: t}
	ctx := patient(t)
	for m, err := range publish.Subscribe(ctx, dial(t, url), publish.SubscribeOptions{}) {
		if errors.Is(err, event.ErrHole) {
			t.Error(err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.event(m.Seq); m.Kind == event.StreamEnded && m.Pending == 0 {
			break
		}
	}
	c.check("stored", n)
}
