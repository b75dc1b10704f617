package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// register writes the first heartbeat of a worker, which has no streams yet. If the id is taken,
// the worker gets another one.
func (w *Worker) register(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		sent := time.Now()
		data, err := json.Marshal(w.heartbeat())
		if err != nil {
			return err
		}
		revision, err := w.s.workers.Create(ctx, w.ID(), data)
		if err == nil {
			w.setRevision(revision)
			w.lease.renew(sent)
			w.log().Info("worker ready", "limit", w.opts.Limit)
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if fence.Refused(err) {
			w.rename()
		}
		w.report(fmt.Errorf("registration: %w", err))
		if !wait.Sleep(ctx, min(time.Second, 50*time.Millisecond<<min(attempt, 5))) {
			return ctx.Err()
		}
	}
}

func (w *Worker) heartbeat() member {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.beats++
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	state := stateReady
	switch {
	case w.draining:
		state = "draining"
	case w.limit < w.opts.Limit:
		state = "overloaded"
	}
	return member{Host: host, PID: os.Getpid(), Streams: len(w.owned), Limit: w.limit, State: state,
		Model: w.opts.Pipeline.Model.Fingerprint(), Beat: w.beats, Cost: w.opts.Cost}
}

// beat sends a heartbeat. A worker that was declared dead registers again.
func (w *Worker) beat(ctx context.Context) error {
	alive, err := w.tryBeat(ctx)
	if err != nil || alive {
		return err
	}
	w.log().Warn("declared dead by another worker: streams given up")
	w.dropAll(errLost)
	w.rename()
	return w.register(ctx)
}

// tryBeat sends a heartbeat. alive is false if another worker has declared this one dead. The
// error is one that another attempt cannot mend.
func (w *Worker) tryBeat(ctx context.Context) (alive bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, w.opts.Dead/2)
	defer cancel()
	for {
		sent := time.Now()
		data, err := json.Marshal(w.heartbeat())
		if err != nil {
			return true, err
		}
		w.mu.Lock()
		revision := w.revision
		w.mu.Unlock()
		next, err := w.s.workers.Update(bounded, w.ID(), data, revision)
		if err == nil {
			w.setRevision(next)
			w.lease.renew(sent)
			return true, nil
		}
		if ctx.Err() != nil {
			return true, nil
		}
		if errors.Is(err, nats.ErrConnectionClosed) {
			return true, fmt.Errorf("heartbeat: %w", err)
		}
		if !fence.Refused(err) {
			w.report(fmt.Errorf("heartbeat: %w", err))
			return true, nil
		}
		// Either an earlier heartbeat was taken and its answer lost, or another
		// worker has removed it.
		e, err := w.s.workers.Get(bounded, w.ID())
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound):
			return false, nil
		case err != nil:
			w.report(fmt.Errorf("heartbeat: %w", err))
			return true, nil
		case e.Revision() == revision: // the server that answered is behind
			return true, nil
		}
		w.setRevision(e.Revision())
	}
}

func (w *Worker) setRevision(r uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revision = r
}
