package serve

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// meetings are streams with their sound and the events of an undisturbed run.
type meetings struct {
	names  []string
	sound  [][]natsaudio.Packet
	events [][]string
	rttm   []string
	held   bool // whether the last 40 % of the sound wait for the end of what disturbs, however slow the machine is
}

func newMeetings(t testing.TB, cfg pipeline.Config, n, seconds int) *meetings {
	t.Helper()
	m := &meetings{names: make([]string, n), sound: make([][]natsaudio.Packet, n), events: make([][]string, n), rttm: make([]string, n)}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() (err error) {
			m.names[i] = fmt.Sprintf("meeting-%d", i)
			m.sound[i] = packetsOf("session-"+m.names[i], speech(uint64(i), seconds))
			m.events[i], m.rttm[i], err = diarized(m.names[i], cfg, m.sound[i])
			if err == nil && (len(m.events[i]) < 5 || m.rttm[i] == "") {
				err = fmt.Errorf("%d events: expected the sound to be taken for speech", len(m.events[i]))
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return m
}

// run feeds all streams at a speed and returns when all their events have been published. It calls
// disturb meanwhile.
func (m *meetings) run(t *testing.T, nc *nats.Conn, speed float64, within time.Duration, disturb func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	var wg sync.WaitGroup
	defer wg.Wait() // where disturb ends the test
	defer cancel()
	ended := make(chan struct{})
	for i, name := range m.names {
		wg.Go(func() {
			if err := m.feed(ctx, nc, i, speed, ended); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			events, lines, err := told(ctx, nc, name)
			if err != nil {
				t.Error(err)
				return
			}
			if lines != m.rttm[i] {
				t.Errorf("stream %s: RTTM\n%s\nexpected\n%s", name, lines, m.rttm[i])
			}
			if !slices.Equal(events, m.events[i]) {
				for k := range min(len(events), len(m.events[i])) {
					if events[k] != m.events[i][k] {
						t.Errorf("stream %s: event %d is\n%s\nexpected\n%s", name, k+1, events[k], m.events[i][k])
						return
					}
				}
				t.Errorf("stream %s: %d events, expected %d", name, len(events), len(m.events[i]))
			}
		})
	}
	if disturb != nil {
		disturb()
	}
	close(ended)
	wg.Wait()
}

// feed feeds a stream's sound at a speed, and what is held back of it at once when the rest is
// wanted.
func (m *meetings) feed(ctx context.Context, nc *nats.Conn, i int, speed float64, rest <-chan struct{}) error {
	all := m.sound[i]
	if !m.held {
		return feed(ctx, nc, m.names[i], all, speed)
	}
	most := len(all) * 6 / 10
	if err := feed(ctx, nc, m.names[i], all[:most], speed); err != nil {
		return err
	}
	select {
	case <-rest:
		return feed(ctx, nc, m.names[i], all[most:], 1000)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestOneWorker diarizes streams that were there before the worker, streams that come later, and one
// stream twice.
func TestOneWorker(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 3, 12)
	w := startWorker(t, nc, testOptions(cfg))
	m.run(t, nc, 20, 2*time.Minute, nil)
	// Again, with another session, after somebody has corrected the first.
	named := correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}
	if _, _, err := correct.After(t.Context(), nc, m.names[0], named, nil); err != nil {
		t.Fatal(err)
	}
	ps := packetsOf("another", speech(50, 9))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := feed(ctx, nc, m.names[0], ps, 50); err != nil {
		t.Fatal(err)
	}
	want, _ := undisturbed(t, m.names[0], cfg, ps)
	waitFor(t, func() bool {
		_, claims := w.roster.all()
		return len(claims[m.names[0]].Past) == 2
	})
	got := lastRun(t, nc, m.names[0])
	if !slices.Equal(got, want) {
		t.Errorf("second run: %d events, expected %d", len(got), len(want))
	}
	last, err := lastNumber(t.Context(), w.s.events, publish.StreamSubjects(m.names[0]))
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := readEvents(t.Context(), w.s.events, m.names[0], 1, last)
	if err != nil {
		t.Fatal(err)
	}
	if runs := slices.DeleteFunc(events, func(e event.Event) bool { return e.Kind != event.StreamStarted }); len(runs) != 2 {
		t.Errorf("%d runs, expected 2", len(runs))
	}
}

// TestHandover moves streams between workers by drains while sound comes.
func TestHandover(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 6, 16)
	first := startWorker(t, nc, testOptions(cfg))
	m.run(t, nc, 4, 2*time.Minute, func() {
		time.Sleep(time.Second)
		second := startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), testOptions(cfg))
		first.end(t)
		time.Sleep(time.Second)
		startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), testOptions(cfg))
		second.end(t)
	})
}

// waitFor waits until ok holds, at most three minutes.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

// lastRun returns the events of the last run of a stream, which has ended.
func lastRun(t *testing.T, nc *nats.Conn, stream string) []string {
	t.Helper()
	s, err := openShared(t.Context(), nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	last, err := lastNumber(t.Context(), s.events, "diarizer.v1."+stream+".>")
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := readEvents(t.Context(), s.events, stream, 1, last)
	if err != nil {
		t.Fatal(err)
	}
	run := events[len(events)-1].Run
	var text []string
	for _, e := range events {
		if e.Run == run {
			text = append(text, plain(e))
		}
	}
	return text
}

// TestLostBeforeTheEnd loses packets before the end mark. The stream is over a second later, as the
// sender says.
func TestLostBeforeTheEnd(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	startWorker(t, nc, testOptions(cfg))
	ps := packetsOf("s", speech(3, 8))
	n := len(ps)
	ps = slices.Delete(ps, n-6, n-3)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := feed(ctx, nc, "room", ps, 20); err != nil {
		t.Fatal(err)
	}
	events, _, err := told(ctx, nc, "room")
	if err != nil {
		t.Fatal(err)
	}
	last := decode(t, events[len(events)-1])
	if last.End == nil || last.End.Reason != event.Finished || int64(last.At) != 8*capture.Rate {
		t.Errorf("the last event is %s", events[len(events)-1])
	}
	if want := replayed(t, "room", cfg, kept(t, nc, "room")); !slices.Equal(events, want.text) {
		t.Errorf("heard again: %s", firstDifference(events, want.text))
	}
}
