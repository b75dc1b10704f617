package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// behind measures how far a stream is behind: by how much later the newest message
// of its sound was stored than the one that is heard, while there are messages
// between the two. Both times are of the server, and neither gaps nor silence nor
// the length of packets play a part.
type behind struct {
	// ask finds when the newest message was stored.
	ask func() (time.Time, error)
	// run runs ask without being waited for.
	run func(func())
	now func() time.Time

	mu     sync.Mutex
	newest time.Time // when the newest message that is known was stored
	asked  time.Time
	asking bool
}

// askEvery is how often the newest message is looked for while it is not the one
// that is heard.
const askEvery = time.Second

// lag is how far the stream is behind at a message that was stored at a time, so
// many of which are to follow.
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

// due notes a message and reports whether to look for the newest.
func (b *behind) due(stored time.Time, pending uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if pending == 0 || stored.After(b.newest) {
		b.newest = stored // also where the server's clock was set back
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
	if err == nil { // otherwise it is looked for again
		b.newest = newest
	}
}

// newestOn is when the last message on a subject was stored.
func newestOn(ctx context.Context, js jetstream.Stream, subject string) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	msg, err := js.GetLastMsgForSubject(ctx, subject)
	if err != nil {
		return time.Time{}, fmt.Errorf("last message on %s: %w", subject, err)
	}
	return msg.Time, nil
}

// firstOn is the number of the first message on a subject from a number on, 0 where
// there is none.
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
