package serve

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/serve/checkpoint"
	"github.com/seed-7adb9000/diarizer/publish"
)

// save makes a checkpoint if it is time for one, and always with now.
func (o *owner) save(ctx context.Context, now bool) error {
	at := o.follow.stream.At()
	due := at-o.saved >= samples(o.w.opts.Checkpoint) && time.Since(o.savedT) >= o.w.opts.Checkpoint/5
	if !now && !due {
		return nil
	}
	began := time.Now()
	snapshot := o.follow.snapshot()
	taken := time.Since(began)
	// A checkpoint that cannot be written does not end the run: the one before it
	// and the sound are still there.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveWithin)
	defer cancel()
	sent, err := o.keeper.Save(bounded, snapshot)
	switch {
	case errors.Is(err, checkpoint.ErrTaken):
		return errLost
	case err != nil:
		o.report(err)
		o.savedT = time.Now()
		return nil
	}
	o.saved, o.savedT = at, time.Now()
	o.w.metrics.checkpoint(len(snapshot), sent, taken, time.Since(began))
	return nil
}

// phase is by how many samples the first checkpoint comes early. It differs between streams,
// so that streams that begin at the same moment, or come from the same worker, do not save all
// at once.
func (o *owner) phase() int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(o.stream)) // never fails
	return samples(o.w.opts.Checkpoint) / 64 * int64(h.Sum32()%64)
}

// saveWithin bounds the writing of a checkpoint.
const saveWithin = 3 * time.Second

// leave hands the stream over.
func (o *owner) leave(ctx context.Context, cause error) error {
	after, cancel := context.WithTimeout(ctx, handOverWithin)
	defer cancel()
	if o.follow.session != "" {
		if err := o.save(after, true); err != nil {
			return err
		}
	}
	if err := o.amend(after, func(c *claim) { c.Worker = "" }); err != nil {
		return err
	}
	return cause
}

// handOverWithin bounds a handover.
const handOverWithin = 4 * time.Second

// over prepares the claim and the checkpoint for the next run of the stream. attempt is how
// often that run was begun already.
func (o *owner) over(ctx context.Context, attempt int) error {
	f := o.follow
	o.log.Info("run over", "run", f.enc.Run, "events", f.enc.Seq, "length", capture.Duration(f.stream.At()))
	err := o.amend(ctx, func(c *claim) {
		c.forget(f.session)
		c.From, c.Heard, c.Events, c.Attempt, c.Open = f.next(), f.number, o.chain.last, attempt, false
	})
	if err == nil {
		err = o.keeper.Clear(ctx)
	}
	if errors.Is(err, checkpoint.ErrTaken) {
		return errLost
	}
	return err
}

// giveWay leaves a stream whose run is over if another stream has waited longer for a worker
// than the next run of this one.
func (o *owner) giveWay(ctx context.Context) error {
	if !o.w.somebodyWaits(unasked) {
		return nil
	}
	next, err := firstOn(ctx, o.w.s.audio, natsaudio.Subject(o.stream), o.current().From)
	if err != nil {
		o.report(err) // the other streams wait for another run
		return nil
	}
	if next > 0 && !o.w.somebodyWaits(next) {
		return nil
	}
	if err := o.amend(ctx, func(c *claim) { c.Worker = "" }); err != nil {
		return err
	}
	return errYield
}

// restart closes a run that this program cannot continue and begins another one over the same
// sound.
func (o *owner) restart(ctx context.Context, why error) error {
	o.log.Error("the run cannot be continued: it is closed, and the sound is diarized again", "error", why)
	last, err := lastNumber(ctx, o.w.s.events, publish.StreamSubjects(o.stream))
	if err != nil {
		return err
	}
	// From the event that differs on. The last message may be no event.
	events, numbers, err := readEvents(ctx, o.w.s.events, o.stream, o.chain.last, last)
	if err != nil {
		return err
	}
	o.chain.last, o.chain.logged, o.chain.numbers = last, nil, nil
	if n := len(events); n > 0 {
		if err := o.closeRun(ctx, events[n-1], numbers[n-1]); err != nil {
			return err
		}
	}
	if err := o.amend(ctx, func(c *claim) { c.Attempt++; c.Events = o.chain.last }); err != nil {
		return err
	}
	return o.keeper.Clear(ctx)
}

// closeRun ends the run of its last event e, which is in the message with a number, unless the
// run has ended.
func (o *owner) closeRun(ctx context.Context, e event.Event, number uint64) error {
	if e.Kind == event.StreamEnded || e.Correction != nil { // corrections may follow the end of a run
		return nil
	}
	msg, err := o.w.s.events.GetMsg(ctx, number)
	if err != nil {
		return fmt.Errorf("event %d: %w", number, err)
	}
	enc := event.Encoder{Now: func() time.Time { return msg.Time }}
	if err := enc.Resume(event.EncoderState{Stream: e.Stream, Run: e.Run, Seq: e.Seq, Revision: e.Revision}); err != nil {
		return err
	}
	return o.chain.put(ctx, enc.Finish(int64(e.At), event.Failed, "its state could not be carried over: the run after it begins again"))
}

// replaced closes a run whose sound JetStream has lost. It prepares to hear the sound that
// takes its place from the beginning, even if it is of the same session.
func (o *owner) replaced(ctx context.Context) error {
	o.log.Error("the run is closed", "error", errReplaced, "heard_until", o.follow.number)
	if err := o.follow.finish(ctx, event.Interrupted, errReplaced.Error()); err != nil {
		return err
	}
	o.follow.session, o.follow.number, o.follow.succession = "", 0, succession{}
	// The last checkpoint must not fit the next run, see belongs.
	return o.over(ctx, o.current().Attempt+1)
}
