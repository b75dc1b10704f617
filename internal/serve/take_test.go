package serve

import (
	"strings"
	"testing"

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
