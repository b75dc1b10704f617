package serve

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// amend changes the claim of the stream. It keeps the fields that other workers and people
// may change.
func (o *owner) amend(ctx context.Context, change func(*claim)) error {
	for attempt := 0; ; attempt++ {
		o.mu.Lock()
		want, revision := o.claim, o.revision
		o.mu.Unlock()
		change(&want)
		written, err := o.w.s.write(ctx, o.stream, want, revision)
		if err == nil {
			o.setClaim(want, written)
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		taken := errors.Is(err, errTaken)
		if !taken {
			o.report(err)
		}
		if !taken || attempt > 0 {
			if !wait.Sleep(ctx, min(time.Second, 50*time.Millisecond<<min(attempt, 5))) {
				return context.Cause(ctx)
			}
		}
		// Perhaps the claim was written and the answer lost, or somebody gave the
		// stream another title.
		now, err := o.w.s.readClaim(ctx, o.stream)
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound):
			return errLost // another worker has removed it
		case err != nil:
			o.report(err)
		case now.Epoch != want.Epoch || now.Worker != o.id && now.Worker != want.Worker:
			return errLost
		default:
			o.setClaim(now.claim, now.revision)
		}
	}
}

func (o *owner) setClaim(c claim, revision uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.claim, o.revision = c, revision
}

// refresh takes over the changes of others to the claim.
func (o *owner) refresh(c seenClaim) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.Epoch == o.claim.Epoch && c.Worker == o.id && c.revision > o.revision {
		o.claim, o.revision = c.claim, c.revision
	}
}

func (o *owner) current() claim {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.claim
}
