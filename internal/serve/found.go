package serve

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
)

// found is what a worker knows of the sound of streams without a run.
type found struct {
	count uint64 // messages at the last look
	fresh bool   // some of them are of no run yet
}

// counted notes how many messages of sound a stream has and reports whether that
// is another number than before.
func (w *Worker) counted(stream string, n uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.found[stream]
	if f.count == n {
		return false
	}
	f.count = n
	w.found[stream] = f
	return true
}

// overlook forgets what is known of a stream's sound, so that it is looked at anew.
func (w *Worker) overlook(stream string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.found, stream)
}

// note keeps whether a stream has sound that is of no run yet.
func (w *Worker) note(stream string, fresh bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.found[stream]
	f.fresh = fresh
	w.found[stream] = f
}

// fresh reports whether a stream without a run has sound for one. It is asked
// once for each time that it was noted.
func (w *Worker) fresh(stream string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.found[stream]
	if !f.fresh || len(w.owned) >= w.limit || w.draining {
		return false
	}
	f.fresh = false
	w.found[stream] = f
	return true
}

// forgetGone removes the claims of streams whose sound is not kept any more and
// that no living worker has.
func (w *Worker) forgetGone(ctx context.Context, subjects map[string]uint64) {
	for stream, c := range w.roster.free("") {
		if c.Open || subjects[natsaudio.Subject(stream)] > 0 {
			continue
		}
		// An error means that somebody else did it, or that it is tried again.
		_ = w.s.claims.Delete(ctx, stream, jetstream.LastRevision(c.revision))
		w.mu.Lock()
		delete(w.found, stream)
		delete(w.waiting, stream)
		delete(w.asleep, stream)
		w.mu.Unlock()
	}
}
