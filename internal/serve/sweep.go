package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// A key that is removed from a bucket leaves a marker, so that those who watch it
// learn of that; and a stream leaves a manifest without pieces when its run is
// over. Neither is of use for long, and a worker that starts reads the markers of
// everything that ever was. So markers vanish by themselves where the server can do
// that (from 2.11 on, in buckets that were made for it), and otherwise one worker
// sweeps them up; and what is kept of a stream goes with its sound.

// markersStay is for how long a marker is there: a worker that was cut off for
// longer reads the buckets again.
const markersStay = time.Hour

func (o StoreOptions) markers() time.Duration {
	if o.markersStay > 0 {
		return o.markersStay
	}
	return markersStay
}

// forget removes a key, at a revision unless that is 0.
func (s *shared) forget(ctx context.Context, kv jetstream.KeyValue, key string, revision uint64) error {
	var opts []jetstream.KVDeleteOpt
	if revision > 0 {
		opts = append(opts, jetstream.LastRevision(revision))
	}
	if s.expires[kv.Bucket()] {
		return kv.Purge(ctx, key, append(opts, jetstream.PurgeTTL(s.markers))...)
	}
	return kv.Delete(ctx, key, opts...)
}

// mostForgotten is how many streams are forgotten in one look.
const mostForgotten = 500

// forgetGone removes the claims of streams whose sound is not kept any more and
// that no living worker has, with what is kept of their states.
func (w *Worker) forgetGone(ctx context.Context, subjects map[string]uint64) {
	n := 0
	for stream, c := range w.roster.free("") {
		if c.Open || subjects[natsaudio.Subject(stream)] > 0 {
			continue
		}
		if n++; n > mostForgotten {
			break // the next look goes on
		}
		// An error means that somebody else did it, or that it is tried again.
		if w.s.forget(ctx, w.s.claims, stream, c.revision) == nil {
			_ = w.s.states.Forget(ctx, stream) // otherwise swept up
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	gone := func(stream string) bool { return subjects[natsaudio.Subject(stream)] == 0 && w.owned[stream] == nil }
	for stream := range w.found {
		if gone(stream) {
			delete(w.found, stream)
		}
	}
	for stream := range w.waiting {
		if gone(stream) {
			delete(w.waiting, stream)
		}
	}
	for stream := range w.asleep {
		if gone(stream) {
			delete(w.asleep, stream)
		}
	}
}

// sweep removes from time to time what nobody needs any more, until ctx is done. Of
// all workers, one does that.
func (w *Worker) sweep(ctx context.Context) {
	for every := min(w.s.markers/4, time.Minute); wait.Sleep(ctx, every); every = w.s.markers / 4 {
		if w.lease.age() > 2*w.opts.Beat || w.roster.first() != w.ID() {
			continue
		}
		if err := w.sweepOnce(ctx); err != nil && ctx.Err() == nil {
			w.report(err)
		}
	}
}

func (w *Worker) sweepOnce(ctx context.Context) error {
	var errs []error
	for _, kv := range []jetstream.KeyValue{w.s.workers, w.s.claims, w.voices.kv} {
		if err := kv.PurgeDeletes(ctx, jetstream.DeleteMarkersOlderThan(w.s.markers)); err != nil {
			errs = append(errs, fmt.Errorf("bucket %s: %w", kv.Bucket(), err))
		}
	}
	return errors.Join(append(errs, w.sweepStates(ctx))...)
}

// sweepStates forgets the states of streams of which there is neither a claim nor
// sound.
func (w *Worker) sweepStates(ctx context.Context) error {
	names, err := w.s.states.Names(ctx)
	if err != nil {
		return err
	}
	// In this order: whose state was there and who has one only now has sound.
	info, err := w.s.audio.Info(ctx, jetstream.WithSubjectFilter(natsaudio.AllSubjects))
	if err != nil {
		return fmt.Errorf("streams with sound: %w", err)
	}
	_, claims := w.roster.all()
	for _, stream := range names {
		if _, claimed := claims[stream]; claimed || info.State.Subjects[natsaudio.Subject(stream)] > 0 {
			continue
		}
		if err := w.s.states.Forget(ctx, stream); err != nil {
			return err
		}
	}
	return nil
}
