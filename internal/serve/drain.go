package serve

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// stopWithin bounds the wait for owners that were told to stop at once. An owner stops between
// two blocks of sound, or when it gives up waiting for the server. An owner that takes longer
// hangs, and must not hold up the others.
const stopWithin = 5 * time.Second

// dropAll ends all owners and waits for them.
func (w *Worker) dropAll(why error) {
	all := w.all()
	for _, o := range all {
		o.cancel(why)
	}
	if stuck := await(all, stopWithin); len(stuck) > 0 {
		w.log().Error("streams that do not stop are left behind", "streams", stuck, "waited", stopWithin)
	}
}

// handOver tells all owners to hand over and waits for them until ctx is done. Then it stops
// them, and returns the streams whose owners do not stop within that time either.
func (w *Worker) handOver(ctx context.Context, within time.Duration) (stuck []string) {
	all := w.all()
	for _, o := range all {
		o.release(errRelease)
	}
	for _, o := range all {
		select {
		case <-o.done:
		case <-ctx.Done():
			o.cancel(ctx.Err())
		}
	}
	return await(all, within)
}

// await waits for owners that were told to stop. It returns the streams of the owners that did
// not stop in time.
func await(all []*owned, within time.Duration) (stuck []string) {
	late := time.After(within)
	for i, o := range all {
		select {
		case <-o.done:
			continue
		case <-late:
		}
		for _, o := range all[i:] {
			select {
			case <-o.done:
			default:
				stuck = append(stuck, o.stream)
			}
		}
		break
	}
	return stuck
}

// finished waits for a worker's goroutines and reports whether they ended in time.
func finished(wg *sync.WaitGroup, within time.Duration) (all bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		wg.Wait()
	}()
	select {
	case <-done:
		return true
	case <-time.After(within):
		return false
	}
}

// drain hands all streams over and leaves.
func (w *Worker) drain(ctx context.Context) error {
	w.mu.Lock()
	w.draining = true
	n := len(w.owned)
	w.mu.Unlock()
	w.log().Info("draining", "streams", n)
	ctx, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	beating := make(chan struct{})
	go func() { // the streams' last events need the lease
		defer close(beating)
		for {
			if w.beat(ctx) != nil || !wait.Sleep(ctx, w.opts.Beat) {
				return
			}
		}
	}()
	stuck := w.handOver(ctx, stopWithin)
	cancel()
	<-beating
	last, end := context.WithTimeout(context.WithoutCancel(ctx), apiTimeout)
	defer end()
	if err := w.s.forget(last, w.s.workers, w.ID(), 0); err != nil {
		return fmt.Errorf("worker %s: its heartbeat stays until others remove it: %w", w.ID(), err)
	}
	if len(stuck) > 0 {
		return fmt.Errorf("worker %s: streams %s did not stop within %v: others take them where their last checkpoint is",
			w.ID(), strings.Join(stuck, ", "), drainWithin+stopWithin)
	}
	w.log().Info("drained")
	return nil
}

// drainWithin bounds a drain.
const drainWithin = 30 * time.Second
