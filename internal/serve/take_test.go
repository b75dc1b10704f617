package serve

import (
	"regexp"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestFailureBeforeTheRun has an owner that fails before it hears the complete session that waits.
// The session is heard later, although no sound comes any more.
func TestFailureBeforeTheRun(t *testing.T) {
	nc := natstest.New(t)
	var log lines
	opts := testOptions(pipeline.Config{Model: anyModel()})
	opts.Log = log.logger(t)
	w := startWorker(t, nc, opts)
	sendAll(t, nc, "room", "first", 3)
	waitForRuns(t, w, "room", 1)
	if err := w.s.js.DeleteKeyValue(t.Context(), StateBucket); err != nil {
		t.Fatal(err)
	}
	sendAll(t, nc, "room", "second", 3)
	waitFor(t, func() bool { return strings.Contains(log.String(), "stream failed") })
	if _, _, err := bucket(t.Context(), w.s.js, StateBucket, "states", opts.Store); err != nil {
		t.Fatal(err)
	}
	waitForRuns(t, w, "room", 2)
}

// TestRefusedNoLonger has a full worker that refuses a stream, which another worker takes. The first
// worker forgets that the stream waited, and tells of it when it refuses the stream again.
func TestRefusedNoLonger(t *testing.T) {
	nc := natstest.New(t)
	opts := testOptions(pipeline.Config{Model: anyModel()})
	opts.Limit = 1
	live := func(w *worker, stream string) {
		t.Helper()
		ps := packetsOf(stream, speech(3, 3))
		if err := feed(t.Context(), nc, stream, ps[:len(ps)-1], 1e6); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { all := w.all(); return len(all) == 1 && all[0].state().At > capture.Rate })
	}
	var log lines
	refused := func() int {
		return len(regexp.MustCompile("stream refused.*stream=room").FindAllString(log.String(), -1))
	}
	opts.Log = log.logger(t)
	a := startWorker(t, nc, opts)
	opts.Log = nil
	live(a, "first")
	sendAll(t, nc, "room", "one", 3)
	waitFor(t, func() bool { return refused() == 1 })
	b := startWorker(t, natstest.Connect(t, nc.ConnectedUrl()), opts)
	waitForRuns(t, a, "room", 1)
	waitFor(t, func() bool {
		s, err := a.status(t.Context(), nil)
		return err == nil && len(s.(Status).Refused) == 0
	})
	l, err := a.list(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range l.(List).Streams {
		if s.Why != "" {
			t.Errorf("stream %s waits because %s", s.Stream, s.Why)
		}
	}
	live(b, "second")
	sendAll(t, nc, "room", "two", 3)
	waitFor(t, func() bool { return refused() > 1 && metricOf(t, a.Worker, "diarizer_streams_refused_total") > 1 })
	if got := refused(); got != 2 {
		t.Errorf("the stream was refused %d times, expected 2", got)
	}
}
