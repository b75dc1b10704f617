package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// behind measures how far a stream is behind: the time between the storing of the message
// that is heard now and that of the newest message of its sound. It is 0 if no message
// lies between the two. Both times are the server's. Gaps, silence and the length of packets
// do not matter.
type behind struct {
	// ask finds when the newest message was stored.
	ask func() (time.Time, error)
	// run runs ask without being waited for.
	run func(func())
	now func() time.Time

	mu     sync.Mutex
	newest time.Time // storing time of the newest known message
	asked  time.Time
	asking bool
}

// askEvery is the time between two requests for the newest message, while messages wait.
const askEvery = time.Second

// lag is how far the stream is behind at a message that was stored at that time, with pending
// messages after it.
func (b *behind) lag(stored time.Time, pending uint64) time.Duration {
	if b.due(stored, pending) {
		b.run(b.look)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if pending == 0 {
		return 0
	}
	return max(0, b.newest.Sub(stored))
}

// due records a message and reports whether to ask for the newest one.
func (b *behind) due(stored time.Time, pending uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if pending == 0 || stored.After(b.newest) {
		b.newest = stored // even if the server's clock was set back
	}
	now := b.now()
	if pending == 0 || b.asking || now.Sub(b.asked) < askEvery {
		return false
	}
	b.asking, b.asked = true, now
	return true
}

func (b *behind) look() {
	newest, err := b.ask()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asking = false
	if err == nil { // otherwise, a later message asks again
		b.newest = newest
	}
}

// newestOn is the storing time of the last message on a subject.
func newestOn(ctx context.Context, js jetstream.Stream, subject string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	msg, err := js.GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return time.Time{}, fmt.Errorf("last message on %s: %w", subject, err)
	}
	return msg.Time, nil
}

// firstOn is the number of the first message on a subject whose number is at least from. It is
// 0 if there is none.
func firstOn(ctx context.Context, js jetstream.Stream, subject string, from uint64) (uint64, error) {
	msg, err := js.GetMsg(ctx, max(1, from), jetstream.WithGetMsgSubject(subject))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("message %d or later on %s: %w", from, subject, err)
	}
	return msg.Sequence, nil
}
