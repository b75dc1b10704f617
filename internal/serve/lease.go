package serve

import (
	"context"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// lease is a worker's right to publish: it holds for a while after each
// heartbeat that the server has taken, counted from before the heartbeat was
// sent, on this process's monotonic clock. A process that was stopped, or cut
// off, finds it run out before it does anything else; no wall clock is asked.
type lease struct {
	mu    sync.Mutex
	last  time.Time
	lasts time.Duration
	now   func() time.Time
}

func newLease(lasts time.Duration) *lease { return &lease{lasts: lasts, now: time.Now} }

// renew tells of a heartbeat that was sent at a time and has been taken.
func (l *lease) renew(sent time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sent.After(l.last) {
		l.last = sent
	}
}

// age is how long ago the last heartbeat was sent that has been taken.
func (l *lease) age() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last.IsZero() {
		return 1 << 62
	}
	return l.now().Sub(l.last)
}

func (l *lease) holds() bool { return l.age() < l.lasts }

// leasePoll is how often wait looks.
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
