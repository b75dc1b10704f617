package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
)

// lull is a time without sound of the session that is heard. Messages of other sessions may
// come meanwhile.
type lull struct {
	since time.Time // of the last message that belongs to the run
	heard time.Time // of the last message of any session
	asked time.Time // of the last call of quiet or idle
}

// pause ends the run, or leaves a stream without one, if the lull has lasted for too long. pending
// is how many messages wait: sound of the session may be among them.
func (o *owner) pause(ctx context.Context, l *lull, pending uint64) error {
	if !o.w.lease.holds() {
		l.since = time.Now() // cut off or stopped until now, so sound may have come unheard
	}
	if pending > 0 || time.Since(l.asked) < quietEvery {
		return nil
	}
	l.asked = time.Now()
	if o.follow.session == "" {
		return o.idle(ctx, l)
	}
	err := o.quiet(ctx, time.Since(l.since))
	if !fence.Refused(err) {
		return err
	}
	if last, ok := fence.Last(err); ok && last < o.follow.number {
		return errReplaced
	}
	return nil // a message has come meanwhile: it is heard first
}

// quietEvery bounds how often the end of a run is asked for while another sender goes on.
const quietEvery = 100 * time.Millisecond

// idle leaves a stream without a run. A sender whose run was stopped or replaced may go on, and
// nothing of it is heard. Then the stream keeps its place only until another one needs it.
func (o *owner) idle(ctx context.Context, l *lull) error {
	why := errIdle
	switch {
	case time.Since(l.since) < idleAfter:
		return nil
	case time.Since(l.heard) >= idleAfter:
	case o.w.somebodyWaits(unasked):
		why = errYield
	default:
		return nil
	}
	if err := o.amend(ctx, func(c *claim) { c.Worker, c.Open, c.From = "", false, o.follow.number+1 }); err != nil {
		return err
	}
	return why
}

// quiet is called during a run while no sound comes. The server refuses it, see [fence.Refused],
// if sound has come that this owner has not heard yet.
func (o *owner) quiet(ctx context.Context, since time.Duration) error {
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
