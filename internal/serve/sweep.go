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

// A key that is removed from a bucket leaves a marker, which tells the watchers of the removal.
// A stream leaves a manifest without pieces when its run is over. Neither is needed for long,
// and a worker that starts would read the markers of every stream that ever was. So the server
// removes markers after a while, if it can (from 2.11 on, in buckets that were made for it).
// Otherwise, one worker removes them. The claim and the state of a stream are removed with its
// sound.

// markersStay is how long a marker stays. A worker that was cut off for longer reads the
// buckets again.
const markersStay = time.Hour

func (o StoreOptions) markers() time.Duration {
	if o.markersStay > 0 {
		return o.markersStay
	}
	return markersStay
}

// forget removes a key. Unless revision is 0, the key has to be at that revision.
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

// mostForgotten bounds the streams that one look forgets.
const mostForgotten = 500

// forgetGone removes the claims and the states of streams that no living worker has and whose
// sound is not kept any more. subjects has the numbers of messages, and before the claims as they
// were before those were read: the stream of a claim that has changed since may have come back.
func (w *Worker) forgetGone(ctx context.Context, subjects map[string]uint64, before map[string]seenClaim) {
	n := 0
	for stream, c := range w.roster.free("") {
		if c.Open || subjects[natsaudio.Subject(stream)] > 0 || c.revision != before[stream].revision {
			continue
		}
		if n++; n > mostForgotten {
			break // the next look forgets more
		}
		// After an error, another worker has removed it or the next look tries again.
		if w.s.forget(ctx, w.s.claims, stream, c.revision) == nil {
			_ = w.s.states.Forget(ctx, stream) // after an error, sweep removes it
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

// sweep removes markers and states that nobody needs any more, from time to time until ctx is
// done. One worker does it for all.
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

// sweepStates removes the states of streams with neither a claim nor sound.
func (w *Worker) sweepStates(ctx context.Context) error {
	names, err := w.s.states.Names(ctx)
	if err != nil {
		return err
	}
	// The order matters: a stream that gets its state only now has sound by then.
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
