package serve

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// sent is a packet and its storing time in seconds.
type sent struct {
	natsaudio.Packet
	stored float64
}

// paced are packets that were stored at the speed of speech, from the second from on.
func paced(ps []natsaudio.Packet, from float64) []sent {
	var all []sent
	for _, p := range ps {
		all = append(all, sent{p, from + float64(p.Position)/float64(p.Rate)})
	}
	return all
}

// merged are packets of several senders in the order in which they were stored.
func merged(all ...[]sent) []message {
	packets := slices.Concat(all...)
	slices.SortStableFunc(packets, func(a, b sent) int {
		switch {
		case a.stored < b.stored:
			return -1
		case a.stored > b.stored:
			return 1
		}
		return 0
	})
	var ms []message
	for i, p := range packets {
		msg, err := p.Message(natsaudio.Subject("room"))
		if err != nil {
			panic(err) // no test makes such a packet
		}
		ms = append(ms, message{number: uint64(i + 1), header: msg.Header, data: msg.Data,
			stored: time.Unix(0, 0).Add(time.Duration(p.stored * float64(time.Second)))})
	}
	return ms
}

// aRun is the result of one run of a subject.
type aRun struct {
	session string
	events  []string
	end     event.End
	dropped uint64
}

// runsOf follows a subject from one run to the next, as owners do.
func runsOf(t *testing.T, cfg pipeline.Config, ms []message) (runs []aRun) {
	t.Helper()
	var c claim
	for at := 0; ; {
		rec := &recorder{}
		f, err := newFollower("room", cfg, rec)
		if err != nil {
			t.Fatal(err)
		}
		f.succession.past, f.succession.seen = c.Past, c.Heard
		for ; at < len(ms) && !f.ended; at++ {
			if at%97 == 96 { // another owner goes on
				past, seen := f.succession.past, f.succession.seen
				if f, err = resume("room", cfg, rec, f.snapshot()); err != nil {
					t.Fatal(err)
				}
				f.succession.past, f.succession.seen = past, seen
			}
			if err := f.push(t.Context(), ms[at]); err != nil && err != errNext {
				t.Fatal(err)
			}
		}
		if !f.ended {
			if f.session != "" {
				t.Errorf("the run of session %s has no end", f.session)
			}
			return runs
		}
		runs = append(runs, aRun{f.session, rec.text, *rec.timeline.Ended(), f.succession.dropped})
		c.forget(f.session)
		c.Heard = f.number
		at = int(f.next()) - 1
	}
}

// without leaves out the event that ends a run.
func without(events []string) []string { return events[:len(events)-1] }

// TestSuccession follows subjects with more than one sender. It holds which runs there are, that a
// session that is heard has the events that it would have alone, and how many packets were dropped.
func TestSuccession(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	a, b := packetsOf("a", speech(3, 24)), packetsOf("b", speech(50, 20))
	wantA, _ := undisturbed(t, "room", cfg, a)
	wantB, _ := undisturbed(t, "room", cfg, b)
	half := len(a) / 2
	late := paced(a, 0)[half:]
	for i := range late {
		late[i].stored += 10
	}
	// b was so fast that it was over before a was missed.
	burst := paced(b, 0)
	for i := range burst {
		burst[i].stored = 13 + burst[i].stored/100
	}
	quick := merged(paced(a, 0)[:half], burst)
	quick = append(quick, message{number: uint64(len(quick) + 1), header: map[string][]string{headerStop: {succeeded}}, stored: time.Unix(19, 0)})
	for _, c := range []struct {
		name     string
		ms       []message
		sessions string
		whole    map[string][]string // events of runs that are as they would be alone
		dropped  []uint64
	}{
		{"one after the other", merged(paced(a, 0), paced(b, 30)), "a b", map[string][]string{"a": wantA, "b": wantB}, []uint64{0, 0}},
		{"began again after a crash", merged(paced(a, 0)[:half], paced(b, 13)), "a b", map[string][]string{"b": wantB}, []uint64{0, 0}},
		{"began again at once", merged(paced(a, 0)[:half], paced(b, 12.01)), "a b", map[string][]string{"b": wantB}, []uint64{0, 0}},
		{"began again and was over at once", quick, "a b", map[string][]string{"b": wantB}, []uint64{0, 0}},
		{"woke up", merged(paced(a, 0)[:half], late, paced(b, 13)), "a b", map[string][]string{"b": wantB}, []uint64{0, 221}},
		{"woke up when the other was over", merged(paced(a, 0)[:half], paced(b, 13), []sent{{a[half], 60}, {a[half+1], 61}}), "a b",
			map[string][]string{"b": wantB}, []uint64{0, 0}},
		// b is heard from behind a's last sound on.
		{"two at once", merged(paced(a, 0), paced(b, 12.01)), "a b", map[string][]string{"a": wantA}, []uint64{239, 0}},
		{"one stray packet", merged(paced(a, 0), []sent{{b[7], 10.01}}), "a", map[string][]string{"a": wantA}, []uint64{1}},
		{"a packet behind the end", merged(paced(a, 0), []sent{{a[9], 24.5}}, paced(b, 25)), "a b", map[string][]string{"a": wantA, "b": wantB}, []uint64{0, 1}},
	} {
		runs := runsOf(t, cfg, c.ms)
		var sessions []string
		for i, r := range runs {
			sessions = append(sessions, r.session)
			if i < len(c.dropped) && r.dropped != c.dropped[i] {
				t.Errorf("%s: %d packets dropped in the run of %s, expected %d", c.name, r.dropped, r.session, c.dropped[i])
			}
			if want := c.whole[r.session]; want != nil && !slices.Equal(without(r.events), without(want)) {
				t.Errorf("%s: run of %s: %s", c.name, r.session, firstDifference(r.events, want))
			}
			if r.end.Reason != event.Finished || strings.Contains(r.end.Detail, "not heard") != (r.dropped > 0) {
				t.Errorf("%s: the run of %s ends with %+v, %d packets dropped", c.name, r.session, r.end, r.dropped)
			}
		}
		if got := strings.Join(sessions, " "); got != c.sessions {
			t.Errorf("%s: runs of sessions %s, expected %s", c.name, got, c.sessions)
		}
	}
}

// TestTwoSenders has two senders on one stream. One falls silent without an end mark and wakes up
// while the other sends. The sound of the other is heard completely, and the late packets of the first
// are counted and logged.
func TestTwoSenders(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	var log lines
	opts := testOptions(cfg)
	opts.Log = log.logger(t)
	w := startWorker(t, nc, opts)
	a, b := packetsOf("a", speech(3, 16)), packetsOf("b", speech(50, 16))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	play := func(nc *nats.Conn, ps []natsaudio.Packet, speed float64) {
		if err := feed(ctx, nc, "room", ps, speed); err != nil {
			t.Error(err)
		}
	}
	play(nc, a[:160], 40)
	play(nc, b[:160], 40) // at once, and the worker is to notice that a is gone
	waitFor(t, func() bool {
		return len(w.all()) == 1 && w.all()[0].state().At > 4*capture.Rate && runsStarted(t, nc) == 2
	})
	var wg sync.WaitGroup
	wg.Go(func() { play(natstest.Connect(t, nc.ConnectedUrl()), a[160:], 1000) })
	play(nc, b[160:], 40)
	wg.Wait()
	waitFor(t, func() bool {
		c, _ := w.roster.claim("room")
		return len(c.Past) == 2
	})
	want, _ := undisturbed(t, "room", cfg, b)
	if got := lastRun(t, nc, "room"); !slices.Equal(without(got), without(want)) {
		t.Error(firstDifference(got, want))
	} else if end := decode(t, got[len(got)-1]); end.End.Reason != event.Finished {
		t.Errorf("the run ends with %+v", end.End)
	}
	late := float64(len(a) - 160)
	waitFor(t, func() bool { return metricOf(t, w.Worker, "diarizer_packets_dropped_total") == late })
	if text := log.String(); !strings.Contains(text, "two senders use one stream") || !strings.Contains(text, "session=a") {
		t.Errorf("the log does not tell of it:\n%s", text)
	}
	if n := runsStarted(t, nc); n != 2 {
		t.Errorf("%d runs, expected 2", n)
	}
}

// runsStarted is the number of runs of the stream room.
func runsStarted(t *testing.T, nc *nats.Conn) (n int) {
	t.Helper()
	s, err := openShared(t.Context(), nc, StoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	last, err := lastNumber(t.Context(), s.events, publish.StreamSubjects("room"))
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := readEvents(t.Context(), s.events, "room", 1, last)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == event.StreamStarted {
			n++
		}
	}
	return n
}
