package serve

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestStoppedSenderGoesOn has a sender that goes on after its run was stopped, at a worker with room
// for one stream. Another stream that waits gets the place.
func TestStoppedSenderGoesOn(t *testing.T) {
	nc := natstest.New(t)
	opts := testOptions(pipeline.Config{Model: anyModel()})
	opts.Limit = 1
	log := &lines{}
	opts.Log = log.logger(t)
	w := startWorker(t, nc, opts)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	defer func() {
		cancel()
		<-done
	}()
	go func() {
		defer close(done)
		for _, p := range packetsOf("stopped", make([]int16, 180*capture.Rate)) {
			if feed(ctx, nc, "a", []natsaudio.Packet{p}, 1e6) != nil || !wait.Sleep(ctx, 50*time.Millisecond) {
				return
			}
		}
		t.Error("the sender that was stopped did not go on until the end")
	}()
	waitFor(t, func() bool {
		c, _ := w.roster.claim("a")
		return c.Open
	})
	if err := w.s.stopStream(ctx, "a", "stopped", "stopped by request"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		c, _ := w.roster.claim("a")
		return !c.Open && len(c.Past) == 1
	})
	sendAll(t, nc, "b", "only", 3)
	waitFor(t, func() bool {
		c, _ := w.roster.claim("b")
		return len(c.Past) == 1
	})
	waitFor(t, func() bool { return strings.Contains(log.String(), "or its run was stopped") })
}
