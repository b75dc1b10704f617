package serve

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// TestLullBesideAnother has a sender that was replaced and goes on. The run of the session that is
// heard ends as it would without those packets.
func TestLullBesideAnother(t *testing.T) {
	whole := packetsOf("b", speech(50, 6))
	n := len(whole)
	late := packetsOf("a", make([]int16, 120*capture.Rate))[100:]
	for name, c := range map[string]struct {
		idle   time.Duration
		last   string // a session that follows
		lost   int    // packets before the end mark; with 0, the end mark is lost too
		reason event.Reason
	}{
		"crashed":                {idle: 2 * time.Second, reason: event.Interrupted},
		"lost before the end":    {idle: time.Hour, lost: 3, reason: event.Finished},
		"began again, and short": {idle: time.Hour, last: "c", reason: event.Finished},
	} {
		t.Run(name, func(t *testing.T) {
			nc := natstest.New(t)
			opts := testOptions(pipeline.Config{Model: anyModel()})
			opts.Idle = c.idle
			w := startWorker(t, nc, opts)
			over := func(runs int) {
				t.Helper()
				waitFor(t, func() bool {
					claim, _ := w.roster.claim("room")
					return len(claim.Past) >= runs
				})
			}
			if err := feed(t.Context(), nc, "room", packetsOf("a", speech(3, 3)), 1e6); err != nil {
				t.Fatal(err)
			}
			over(1)
			ctx, cancel := context.WithCancel(t.Context())
			var ranOut atomic.Bool
			done := make(chan struct{})
			go func() {
				defer close(done)
				for _, p := range late {
					if feed(ctx, nc, "room", []natsaudio.Packet{p}, 1e6) != nil || !wait.Sleep(ctx, 50*time.Millisecond) {
						return
					}
				}
				ranOut.Store(true)
			}()
			defer func() {
				cancel()
				<-done
			}()
			b := slices.Clone(whole[:n-1])
			if c.lost > 0 {
				b = append(b[:len(b)-c.lost], whole[n-1])
			}
			if err := feed(ctx, nc, "room", b, 40); err != nil {
				t.Fatal(err)
			}
			if c.last != "" {
				if err := feed(ctx, nc, "room", packetsOf(c.last, speech(3, 3)), 40); err != nil {
					t.Fatal(err)
				}
				over(3)
			}
			over(2)
			if ranOut.Load() {
				t.Error("the sender that was replaced did not go on until the end")
			}
			ends := endsOf(t, w.s, "room")
			if len(ends) < 2 || ends[1] != c.reason {
				t.Errorf("the runs end as %v, expected the second as %s", ends, c.reason)
			}
		})
	}
}
