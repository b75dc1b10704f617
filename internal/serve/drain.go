package serve

import (
	"context"
	"fmt"
	"time"
)

// dropAll ends all owners and waits for them.
func (w *Worker) dropAll(why error) {
	all := w.all()
	for _, o := range all {
		o.cancel(why)
	}
	for _, o := range all {
		<-o.done
	}
}

// handOver has all owners hand over and waits for them, as long as ctx lasts.
func (w *Worker) handOver(ctx context.Context) {
	all := w.all()
	for _, o := range all {
		o.release(errRelease)
	}
	for _, o := range all {
		select {
		case <-o.done:
		case <-ctx.Done():
			o.cancel(ctx.Err())
			<-o.done
		}
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
			if w.beat(ctx) != nil || !sleep(ctx, w.opts.Beat) {
				return
			}
		}
	}()
	w.handOver(ctx)
	cancel()
	<-beating
	last, end := context.WithTimeout(context.WithoutCancel(ctx), apiTimeout)
	defer end()
	if err := w.s.forget(last, w.s.workers, w.ID(), 0); err != nil {
		return fmt.Errorf("worker %s: its heartbeat stays until others remove it: %w", w.ID(), err)
	}
	w.log().Info("drained")
	return nil
}

// drainWithin bounds a drain.
const drainWithin = 30 * time.Second
