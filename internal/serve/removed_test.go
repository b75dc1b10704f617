package serve

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// TestClaimedUnheard has claims of a worker that never learned that they were written, as when an
// answer is lost: one of a run that goes on, and one of a run that has not begun. The worker takes
// the streams nevertheless.
func TestClaimedUnheard(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 2, 8)
	w := startWorker(t, nc, testOptions(cfg))
	for i, name := range m.names {
		if _, err := w.s.write(t.Context(), name, claim{Worker: w.ID(), Epoch: 3, Open: i == 0}, 0); err != nil {
			t.Fatal(err)
		}
	}
	m.run(t, nc, 20, time.Minute, nil)
}

// TestClaimsOfNothing holds that the claim of a stream without sound is removed, even if the worker
// that had it last is dead, and that the claim of a stream with sound stays.
func TestClaimsOfNothing(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	w := startWorker(t, nc, testOptions(cfg))
	ps := packetsOf("s", speech(3, 2))
	if err := feed(t.Context(), nc, "heard", ps, 50); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]claim{"left": {Epoch: 1}, "orphaned": {Worker: "dead", Epoch: 1}} {
		if _, err := w.s.write(t.Context(), name, c, 0); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, func() bool {
		_, claims := w.roster.all()
		return len(claims) == 1 && len(claims["heard"].Past) == 1 && claims["heard"].Worker == ""
	})
}

// TestClaimRemoved removes the claim of a run that goes on. The owner leaves the stream when the run
// is over, and the worker finds the stream again, to the same events.
func TestClaimRemoved(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	w := startWorker(t, nc, testOptions(cfg))
	ps := packetsOf("s", speech(50, 9))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := feed(ctx, nc, "room", ps[:100], 20); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		c, _ := w.roster.claim("room")
		return c.Open
	})
	if err := w.s.claims.Purge(ctx, "room"); err != nil {
		t.Fatal(err)
	}
	if err := feed(ctx, nc, "room", ps[100:], 20); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		c, _ := w.roster.claim("room")
		return len(c.Past) == 1
	})
	want, _ := undisturbed(t, "room", cfg, ps)
	if got := lastRun(t, nc, "room"); !slices.Equal(got, want) {
		t.Error(firstDifference(got, want))
	}
}

// TestSoundReplaced creates the JetStream stream of the sound again, so that its numbers start from
// 1: between two sessions, and within one, whose rest is then a run of its own.
func TestSoundReplaced(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	opts := testOptions(cfg)
	opts.Idle = 3 * time.Second
	w := startWorker(t, nc, opts)
	remake := func() {
		t.Helper()
		if err := w.s.js.DeleteStream(t.Context(), AudioStream); err != nil {
			t.Fatal(err)
		}
		if _, err := ensureAudio(t.Context(), w.s.js, StoreOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	play := func(ps []natsaudio.Packet) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := feed(ctx, nc, "room", ps, 20); err != nil {
			t.Fatal(err)
		}
	}
	over := func() (runs [][]event.Event) {
		t.Helper()
		waitFor(t, func() bool {
			c, ok := w.roster.claim("room")
			return ok && !c.Open && c.Worker == ""
		})
		last, err := lastNumber(t.Context(), w.s.events, publish.StreamSubjects("room"))
		if err != nil {
			t.Fatal(err)
		}
		events, _, err := readEvents(t.Context(), w.s.events, "room", 1, last)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind == event.StreamStarted {
				runs = append(runs, nil)
			}
			runs[len(runs)-1] = append(runs[len(runs)-1], e)
		}
		return runs
	}
	play(packetsOf("first", speech(50, 9)))
	if runs := over(); len(runs) != 1 {
		t.Fatalf("%d runs, expected 1", len(runs))
	}
	c, _ := w.roster.claim("room")
	c.Worker = "dead"
	if _, err := w.s.write(t.Context(), "room", c.claim, c.revision); err != nil {
		t.Fatal(err)
	}
	remake()
	ps := packetsOf("second", speech(51, 8))
	play(ps)
	waitFor(t, func() bool { return len(over()) == 2 })
	third := packetsOf("third", speech(50, 20))
	play(third[:300])
	waitFor(t, func() bool { return len(w.all()) == 1 && w.all()[0].state().At > 10*capture.Rate })
	remake()
	play(third[300:])
	waitFor(t, func() bool { return len(over()) == 4 })
	runs := over()
	for i, want := range []event.Reason{event.Finished, event.Finished, event.Interrupted, event.Finished} {
		last := runs[i][len(runs[i])-1]
		if last.Kind != event.StreamEnded || last.End.Reason != want {
			t.Errorf("run %d ends with %+v, expected %v", i+1, last, want)
		}
	}
	want, _ := undisturbed(t, "room", cfg, ps)
	var got []string
	for _, e := range runs[1] {
		got = append(got, plain(e))
	}
	if !slices.Equal(got, want) {
		t.Errorf("after the first replacement: %s", firstDifference(got, want))
	}
	if n := len(runs[3]); n < 5 {
		t.Errorf("%d events of what follows the second replacement", n)
	}
}

// TestNumbersBeginAgain has the claim of a stream whose sound was replaced while there was no worker,
// and a session in the new sound that falls silent. The run of that session ends.
func TestNumbersBeginAgain(t *testing.T) {
	nc := natstest.New(t)
	s, err := openShared(t.Context(), nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write(t.Context(), "room", claim{Epoch: 1, From: 1000, Heard: 999, Past: []string{"before"}}, 0); err != nil {
		t.Fatal(err)
	}
	ps := packetsOf("s", speech(3, 5))
	if err := feed(t.Context(), nc, "room", ps[:len(ps)-1], 1e6); err != nil {
		t.Fatal(err)
	}
	opts := testOptions(pipeline.Config{Model: anyModel()})
	opts.Idle = time.Second
	w := startWorker(t, nc, opts)
	waitFor(t, func() bool {
		c, _ := w.roster.claim("room")
		return len(c.Past) == 2 && !c.Open
	})
	got := lastRun(t, nc, "room")
	if end := decode(t, got[len(got)-1]).End; end == nil || end.Reason != event.Interrupted {
		t.Errorf("the last event is %s", got[len(got)-1])
	}
}

// TestCheckpointsGone removes the checkpoints of streams in the middle of a run, as an operator may.
// The owner goes on.
func TestCheckpointsGone(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	m := newMeetings(t, cfg, 3, 16)
	m.held = true
	w := startWorker(t, nc, testOptions(cfg))
	m.run(t, nc, 3, 5*time.Minute, func() {
		waitFor(t, func() bool { return checkpoints(t, w.Worker) >= 6 })
		bucket, err := js.Stream(t.Context(), "KV_"+StateBucket)
		if err != nil {
			t.Fatal(err)
		}
		if err := bucket.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestEventsGone follows a stream after the events of its earlier run have expired, and once more
// after events are removed in the middle of a run.
func TestEventsGone(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	m := newMeetings(t, cfg, 1, 8)
	name := m.names[0]
	w := startWorker(t, nc, testOptions(cfg))
	m.run(t, nc, 20, time.Minute, nil)
	for i, speed := range []float64{50, 4} {
		purge := func() {
			if err := w.s.events.Purge(t.Context()); err != nil {
				t.Error(err)
			}
		}
		ps := packetsOf(fmt.Sprint("session-", i), speech(uint64(50+i), 9))
		want, _ := undisturbed(t, name, cfg, ps)
		if i == 0 {
			purge()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := feed(ctx, nc, name, ps[:len(ps)/2], speed); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			waitFor(t, func() bool { return len(w.all()) == 1 && w.all()[0].state().Seq > 0 })
			purge()
		}
		if err := feed(ctx, nc, name, ps[len(ps)/2:], 50); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool {
			_, claims := w.roster.all()
			return len(claims[name].Past) == 2+i
		})
		got := lastRun(t, nc, name)
		if i == 1 && (len(got) == 0 || len(got) > len(want)) {
			t.Fatalf("%d events are left, expected 1 to %d", len(got), len(want))
		}
		if want := want[len(want)-len(got):]; !slices.Equal(got, want) || i == 0 && len(want) < 5 {
			t.Errorf("run %d: %s", i+2, firstDifference(got, want))
		}
	}
}
