package publish

import (
	"context"
	"fmt"
)

// waiter is a Flush that waits for a number of acknowledgements.
type waiter struct {
	acked uint64
	ready chan struct{}
}

// acked counts an acknowledged event.
func (p *Publisher) acked() {
	p.mu.Lock()
	p.lastErr = nil
	p.mu.Unlock()
	p.wake()
}

// wake ends the Flushes that have waited long enough.
func (p *Publisher) wake() {
	_, acked, _ := p.own.counts()
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.waiters[:0]
	for _, w := range p.waiters {
		if acked >= w.acked {
			close(w.ready)
		} else {
			kept = append(kept, w)
		}
	}
	p.waiters = kept
}

// Flush waits until every event taken so far is acknowledged. If ctx is done before
// that, or the publisher has failed, the error matches [ErrUnpublished]. It says how
// many events are left, why, and where they are kept.
func (p *Publisher) Flush(ctx context.Context) error {
	taken, acked, _ := p.own.counts()
	if acked >= taken {
		return nil
	}
	w := waiter{acked: taken, ready: make(chan struct{})}
	p.mu.Lock()
	p.waiters = append(p.waiters, w)
	p.mu.Unlock()
	p.wake() // it may have happened in between
	select {
	case <-w.ready:
	case <-p.done:
	case <-ctx.Done():
	}
	return p.left(ctx, taken)
}

// left is the error about those of the first events that are not acknowledged.
func (p *Publisher) left(ctx context.Context, first uint64) error {
	_, acked, safe := p.own.counts()
	if acked >= first {
		return nil
	}
	p.mu.Lock()
	why := firstErr(p.failed, p.lastErr, ctx.Err(), ErrClosed)
	p.mu.Unlock()
	kept := ""
	if safe {
		kept = fmt.Sprintf(", kept in %s for the next run or \"diarizer journal flush\"", p.opts.Journal)
	}
	return fmt.Errorf("%w: %d left%s: %w", ErrUnpublished, first-acked, kept, why)
}

func firstErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Close takes no more events, waits until all are acknowledged or ctx is done, and
// stops. It returns the error of [Publisher.Flush].
func (p *Publisher) Close(ctx context.Context) error {
	p.own.close()
	err := p.Flush(ctx)
	p.cancel()
	p.running.Wait()
	p.released.Do(func() {
		if failed := p.own.release(); failed != nil {
			p.report(failed)
		}
		if p.opts.Journal != "" {
			if failed := prune(p.opts.Journal, keepFinished); failed != nil {
				p.report(failed)
			}
		}
	})
	return err
}
