package serve

import (
	"context"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// lease is a worker's right to publish. It holds for a fixed time after each heartbeat that the
// server has acknowledged, counted from the sending of the heartbeat on this process's monotonic
// clock. A process that was stopped or cut off finds that its lease has run out before it
// publishes anything. No wall clock is involved.
type lease struct {
	mu    sync.Mutex
	last  time.Time
	lasts time.Duration
	now   func() time.Time
}

func newLease(lasts time.Duration) *lease { return &lease{lasts: lasts, now: time.Now} }

// renew records an acknowledged heartbeat. sent is the time before it was sent.
func (l *lease) renew(sent time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sent.After(l.last) {
		l.last = sent
	}
}

// age is the time since the sending of the last acknowledged heartbeat.
func (l *lease) age() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last.IsZero() {
		return 1 << 62
	}
	return l.now().Sub(l.last)
}

func (l *lease) holds() bool { return l.age() < l.lasts }

// leasePoll is how often wait checks the lease.
const leasePoll = 20 * time.Millisecond

// wait returns when the lease holds, or with ctx's error.
func (l *lease) wait(ctx context.Context) error {
	for !l.holds() {
		if !wait.Sleep(ctx, leasePoll) {
			return ctx.Err()
		}
	}
	return ctx.Err()
}
