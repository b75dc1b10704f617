package serve

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/publish"
)

// greet publishes a message that is no event on a subject of a stream's events.
func greet(t *testing.T, nc *nats.Conn, stream string) {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), publish.Prefix+"."+stream+".note", []byte("hello")); err != nil {
		t.Fatal(err)
	}
}

// play feeds packets within a minute.
func play(t *testing.T, nc *nats.Conn, stream string, ps []natsaudio.Packet) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := feed(ctx, nc, stream, ps, 20); err != nil {
		t.Fatal(err)
	}
}

// endsOf is how the runs of a stream have ended, in their order.
func endsOf(t *testing.T, s *shared, stream string) (ends []event.Reason) {
	t.Helper()
	last, err := lastNumber(t.Context(), s.events, publish.StreamSubjects(stream))
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := readEvents(t.Context(), s.events, stream, 1, last)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == event.StreamEnded {
			ends = append(ends, e.End.Reason)
		}
	}
	return ends
}

// waitForEvents waits until a stream has n messages of events.
func waitForEvents(t *testing.T, s *shared, stream string, n uint64) {
	t.Helper()
	waitFor(t, func() bool { return countEvents(t, s, stream) >= n })
}

// countEvents is how many messages of events a stream has.
func countEvents(t *testing.T, s *shared, stream string) (n uint64) {
	t.Helper()
	info, err := s.events.Info(t.Context(), jetstream.WithSubjectFilter(publish.StreamSubjects(stream)))
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range info.State.Subjects {
		n += of
	}
	return n
}

// TestStrangerAmongTheEvents has messages that are no events between the events of a stream: within
// a run, before the next owner of the run, and between two runs. Both runs are complete.
func TestStrangerAmongTheEvents(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	w := startWorker(t, nc, testOptions(cfg))
	for i, session := range []string{"first", "second"} {
		ps := packetsOf(session, speech(50, 9))
		before := countEvents(t, w.s, "room")
		play(t, nc, "room", ps[:60])
		waitForEvents(t, w.s, "room", before+2)
		greet(t, nc, "room")
		play(t, nc, "room", ps[60:120])
		if i == 0 {
			w.end(t)
			greet(t, nc, "room")
			w = startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), testOptions(cfg))
		}
		play(t, nc, "room", ps[120:])
		waitForRuns(t, w, "room", i+1)
		want, _ := undisturbed(t, "room", cfg, ps)
		if got := lastRun(t, nc, "room"); !slices.Equal(got, want) {
			t.Errorf("%s run: %s", session, firstDifference(got, want))
		}
		greet(t, nc, "room")
	}
}

// TestStrangerBehindARunToClose has a next owner with another model, and a message that is no event
// behind the events of the run that it has to close.
func TestStrangerBehindARunToClose(t *testing.T) {
	cfg := pipeline.Config{Model: anyModel()}
	nc := natstest.New(t)
	first := startWorker(t, nc, testOptions(cfg))
	ps := packetsOf("s", speech(3, 14))
	most := len(ps) * 6 / 10
	play(t, nc, "room", ps[:most])
	waitFor(t, func() bool {
		mine := first.all()
		return len(mine) == 1 && mine[0].state().Message >= uint64(most)
	})
	first.end(t)
	greet(t, nc, "room")
	other := pipeline.Config{Model: anyModel()}
	other.Online.MinCreate, other.Online.MinAssign = 60, 20
	second := startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), testOptions(other))
	play(t, nc, "room", ps[most:])
	waitForRuns(t, second, "room", 1)
	want, _ := undisturbed(t, "room", other, ps)
	if got := lastRun(t, nc, "room"); !slices.Equal(got, want) {
		t.Error(firstDifference(got, want))
	}
	ends := endsOf(t, second.s, "room")
	if !slices.Equal(ends, []event.Reason{event.Failed, event.Finished}) {
		t.Errorf("the runs end as %v, expected the first closed as failed and the second finished", ends)
	}
}
