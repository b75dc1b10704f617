package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
)

// quiet is called while no sound comes. The server refuses it, see [fence.Refused], if sound
// has come that this owner has not heard yet.
func (o *owner) quiet(ctx context.Context, since time.Duration) error {
	if o.follow.session == "" {
		if since < idleAfter {
			return nil
		}
		if err := o.amend(ctx, func(c *claim) { c.Worker, c.Open, c.From = "", false, o.follow.number+1 }); err != nil {
			return err
		}
		return errIdle
	}
	wait := o.w.opts.Idle
	why := fmt.Sprintf("no sound for %v", wait)
	switch {
	case o.follow.asm.Ending():
		wait = min(wait, natsaudio.Window)
	case o.follow.closing():
		wait, why = min(wait, lastWords), "the last words are waited for no longer"
	case o.follow.succession.next != "":
		wait, why = min(wait, natsaudio.TakeOver), succeeded
	}
	if since < wait {
		return nil
	}
	// The end is a message among the sound, so that every owner reads it at the same
	// place. The server takes it only behind the last message that this owner has
	// heard: an owner that was stopped for a while may have missed sound.
	err := o.w.s.stopStream(ctx, o.stream, o.follow.session, why,
		jetstream.WithExpectLastSequencePerSubject(o.follow.number))
	if err == nil || fence.Refused(err) || ctx.Err() != nil {
		return err
	}
	o.report(err)
	return nil
}

// idleAfter is how long a worker keeps the claim of a stream without a run.
const idleAfter = 3 * time.Second
