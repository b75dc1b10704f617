package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/publish"
)

func decodeClaim(data []byte, c *claim) error { return json.Unmarshal(data, c) }

// look replaces dead workers, gives up streams that other workers have taken, and takes free
// streams.
func (w *Worker) look(ctx context.Context) {
	w.lost()
	if w.lease.age() > 2*w.opts.Beat {
		return // perhaps this worker is cut off, and not the silent ones
	}
	for id, revision := range w.roster.silent(w.opts.Dead) {
		if id == w.ID() {
			continue
		}
		// Compare and set: a heartbeat that comes now wins.
		if err := w.s.forget(ctx, w.s.workers, id, revision); err == nil {
			w.log().Warn("worker declared dead", "dead", id, "silent_for", w.opts.Dead)
			w.metrics.reaped()
		} else if !fence.Refused(err) && ctx.Err() == nil {
			w.report(fmt.Errorf("declare worker %s dead: %w", id, err))
		}
	}
	w.shed()
	free := w.roster.free(w.ID())
	mine := w.all()
	for _, o := range mine {
		delete(free, o.stream)
	}
	least := w.roster.least(w.ID())
	candidates, first := w.candidates(free), map[string]time.Time{}
	w.waitNoLonger(mine, candidates)
	for _, c := range candidates {
		if !w.leaves(c.stream, least, first) {
			w.consider(ctx, c.stream, c.claim)
		}
	}
	w.left = first
	if len(candidates) == 0 {
		w.even(least)
	}
}

// lost ends the owners of streams that other workers have taken.
func (w *Worker) lost() {
	for _, o := range w.all() {
		c, ok := w.roster.claim(o.stream)
		switch {
		case !ok:
		case o.current().Epoch > 0 && c.Epoch > o.current().Epoch:
			o.cancel(errLost)
		default:
			o.refresh(c)
		}
	}
}

// consider takes a free stream if there is room. A worker with more streams takes it later, so
// that workers with more room come first.
func (w *Worker) consider(ctx context.Context, stream string, c seenClaim) {
	w.mu.Lock()
	_, mine := w.owned[stream]
	until := w.asleep[stream]
	n, limit, draining := len(w.owned), w.limit, w.draining
	if mine || draining || time.Now().Before(until) {
		w.mu.Unlock()
		return
	}
	if n >= limit {
		why := fmt.Sprintf("worker %s has %d of %d streams", w.id, n, limit)
		known := w.waiting[stream]
		w.waiting[stream] = why
		w.mu.Unlock()
		if known == "" {
			w.log().Warn("stream refused: the worker is full", "stream", stream, "streams", n, "limit", limit)
			w.metrics.refuse()
		}
		return
	}
	delete(w.waiting, stream)
	delete(w.newcomers, stream)
	soft, hard := context.Context(nil), context.Context(nil)
	o := &owned{owner: &owner{w: w, stream: stream, claimed: time.Now(), id: w.id, log: w.opts.Log.With("worker", w.id, "stream", stream)},
		done: make(chan struct{})}
	hard, o.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	soft, o.release = context.WithCancelCause(hard)
	w.owned[stream] = o
	delay := time.Duration(float64(spread) * (float64(n)/float64(limit) + rand.Float64()/4))
	w.mu.Unlock()
	w.wg.Go(func() {
		defer close(o.done)
		defer o.cancel(nil)
		err := w.own(hard, soft, o, c, delay)
		w.overlook(stream) // what was known is of the time before
		w.mu.Lock()
		delete(w.owned, stream)
		if err != nil {
			w.asleep[stream] = time.Now().Add(restAfterFailure)
		}
		w.mu.Unlock()
		if err != nil {
			o.log.Error("stream failed: left alone for a while", "error", err, "for", restAfterFailure)
			w.metrics.fail()
		}
	})
}

const (
	spread           = 100 * time.Millisecond
	restAfterFailure = 10 * time.Second
)

// own claims a stream and follows it. The error is a failure of the stream. It is nil if another
// worker was faster or the stream is idle.
func (w *Worker) own(ctx, soft context.Context, o *owned, c seenClaim, delay time.Duration) error {
	if !wait.Sleep(soft, delay) {
		return nil
	}
	if now, ok := w.roster.claim(o.stream); ok && now.revision != c.revision {
		return nil // another worker was faster
	}
	next := c.claim
	next.Worker, next.Epoch = o.id, c.Epoch+1
	if c.revision == 0 {
		last, err := lastNumber(ctx, w.s.events, publish.StreamSubjects(o.stream))
		if err != nil {
			return err
		}
		next.Events = last
		next.Identify = w.opts.Identify != nil && w.opts.Identify(o.stream)
	}
	revision, err := w.s.write(ctx, o.stream, next, c.revision)
	if err != nil {
		if !errors.Is(err, errTaken) {
			w.report(err)
		}
		return nil
	}
	o.setClaim(next, revision)
	w.metrics.take(c.Open)
	err = o.run(ctx, soft)
	switch {
	case errors.Is(err, errLost), errors.Is(err, errYield), errors.Is(err, errRelease), errors.Is(err, errIdle):
		o.log.Info("stream left", "why", err)
		return nil
	case ctx.Err() != nil:
		return nil
	}
	// Another worker may succeed, so the claim is written without a worker.
	after, cancel := context.WithTimeout(ctx, handOverWithin)
	defer cancel()
	if failed := o.amend(after, func(c *claim) { c.Worker = "" }); failed != nil {
		return fmt.Errorf("%w; and then: %w", err, failed)
	}
	return err
}

// discover looks for streams that have sound and no claim, until ctx is done.
func (w *Worker) discover(ctx context.Context) {
	every := discoverEvery
	for wait.Sleep(ctx, every) {
		began := time.Now()
		doubted, err := w.findStreams(ctx)
		// The answer grows with the number of streams. The pause grows too, so that
		// asking takes at most a tenth of the time, up to discoverRarest.
		every = min(discoverRarest, max(discoverEvery, 10*time.Since(began)))
		if err == nil {
			err = w.examine(ctx, doubted)
		}
		if err != nil && ctx.Err() == nil {
			w.report(err)
		}
	}
}

const (
	discoverEvery  = 300 * time.Millisecond
	discoverRarest = 2 * time.Second
)

// rewind makes the next run of a stream begin with the first message that JetStream keeps. The
// sound that the claim is about has been replaced, see errReplaced.
func (w *Worker) rewind(ctx context.Context, stream string, c seenClaim) error {
	if members, _ := w.roster.all(); members[c.Worker].revision != 0 {
		return nil // its owner leaves it soon
	}
	w.log().Warn("what is kept of a stream is read from its beginning", "why", errReplaced, "stream", stream, "heard_until", c.From-1)
	w.overlook(stream)
	c.Worker, c.From, c.Heard = "", 0, 0
	if _, err := w.s.write(ctx, stream, c.claim, c.revision); !errors.Is(err, errTaken) {
		return err
	}
	return nil // another worker did it
}

// findStreams asks JetStream which streams have sound. It returns those that may have sound
// that the answer does not show, to be examined last.
func (w *Worker) findStreams(ctx context.Context) (doubted []idle, err error) {
	if w.lease.age() > 2*w.opts.Beat {
		return nil, nil
	}
	_, before := w.roster.all() // read before the sound, so that no claim is newer than it
	info, err := w.s.audio.Info(ctx, jetstream.WithSubjectFilter(natsaudio.AllSubjects))
	if err != nil {
		return nil, fmt.Errorf("streams with sound: %w", err)
	}
	_, claims := w.roster.all()
	var news []string
	w.turnover.look(info.State)
	var quiet []idle
	for subject, n := range info.State.Subjects {
		stream, ok := natsaudio.Stream(subject)
		if !ok || !event.ValidToken(stream) {
			continue
		}
		c, known := claims[stream]
		switch {
		case !known:
			news = append(news, stream)
		case !c.Open && c.revision == before[stream].revision && c.From > info.State.LastSeq+1:
			if err := w.rewind(ctx, stream, c); err != nil {
				return nil, err
			}
		case !c.Open:
			quiet = append(quiet, idle{stream: stream, count: n, from: c.From})
		}
	}
	changed, doubted := w.divide(info.State.LastSeq, quiet)
	if err := w.examine(ctx, changed); err != nil {
		return nil, err
	}
	slices.Sort(news)
	if err := w.welcome(ctx, news); err != nil {
		return nil, err
	}
	if err := w.keepShares(ctx, info); err != nil {
		return nil, err
	}
	w.forgetGone(ctx, info.State.Subjects, before)
	return mostUrgent(doubted, info.Config.MaxMsgsPerSubject), nil
}
