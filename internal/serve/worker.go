// Package serve diarizes many streams on many machines. Workers share the
// streams whose sound JetStream keeps; each stream has one owner at a time, and
// when a worker dies, hangs or is cut off, another goes on with its streams
// where they were. Nothing of this has a protocol of its own: who has what is in
// key-value buckets, changed by compare-and-set, and what was decided is in the
// stream of events, which takes each event once. docs/operations.md explains it.
package serve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/publish"
)

// Options say how a Worker works. Pipeline is needed.
type Options struct {
	// Pipeline is how streams are diarized; the same in all workers.
	Pipeline pipeline.Config
	// Limit is the largest number of streams, more than 0.
	Limit int
	// Cost is the share of a core that a stream takes, as it was measured.
	Cost float64
	// Checkpoint is how much sound lies between two checkpoints of a stream,
	// which has to be read again when its worker dies; 10 s if 0.
	Checkpoint time.Duration
	// Idle ends a stream of which nothing came for so long; 1 min if 0.
	Idle time.Duration
	// Beat is the distance of heartbeats, 500 ms if 0; a worker that is silent
	// for Dead, 2.5 s if 0, is replaced.
	Beat, Dead time.Duration
	// Store says how JetStream keeps what the workers share.
	Store StoreOptions
	// Identify, where not nil, says whether the speakers of a stream are compared
	// with the enrolled ones although nobody asked for it.
	Identify func(stream string) bool
	// Log hears what happens.
	Log *slog.Logger
}

// The defaults of Options.
const (
	DefaultCheckpoint = 10 * time.Second
	DefaultIdle       = time.Minute
	DefaultBeat       = 500 * time.Millisecond
	DefaultDead       = 2500 * time.Millisecond
)

func (o Options) withDefaults() (Options, error) {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&o.Checkpoint, DefaultCheckpoint)
	set(&o.Idle, DefaultIdle)
	set(&o.Beat, DefaultBeat)
	set(&o.Dead, DefaultDead)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.Limit < 1:
		return o, fmt.Errorf("limit of %d streams: expected 1 or more", o.Limit)
	case o.Checkpoint < time.Second:
		return o, fmt.Errorf("checkpoints every %v: expected 1s or more", o.Checkpoint)
	case o.Idle < time.Second:
		return o, fmt.Errorf("idle after %v: expected 1s or more", o.Idle)
	case o.Dead < 3*o.Beat:
		return o, fmt.Errorf("dead after %v with heartbeats every %v: expected three heartbeats or more", o.Dead, o.Beat)
	}
	return o, nil
}

// Worker diarizes streams until it is stopped. Make it with [Start].
type Worker struct {
	opts    Options
	s       *shared
	roster  *roster
	lease   *lease
	metrics *metrics
	voices  *voices
	load    load

	wg sync.WaitGroup

	mu       sync.Mutex
	id       string
	owned    map[string]*owned
	asleep   map[string]time.Time // streams that failed here, until when they are left alone
	waiting  map[string]string    // streams that nobody has, and why this worker does not take them
	found    map[string]found
	draining bool
	limit    int // at present: less than opts.Limit after an overload
	revision uint64
	beats    uint64
}

// owned is a stream of this worker.
type owned struct {
	*owner
	cancel  context.CancelCauseFunc // ends the owner at once
	release context.CancelCauseFunc // ends it between two messages
	done    chan struct{}
}

// newID names a worker: the host, for people, and random digits.
func newID() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "worker"
	}
	host, _, _ = strings.Cut(host, ".")
	return publish.Token(host)[:min(40, len(publish.Token(host)))] + "-" + hex.EncodeToString(b[:])
}

// Run is a worker over nc from its registration to its end. When ctx is done it
// hands its streams over, which is no error. ready, if not nil, is called when
// the worker is registered.
func Run(ctx context.Context, nc *nats.Conn, opts Options, ready func(*Worker)) error {
	opts, err := opts.withDefaults()
	if err != nil {
		return err
	}
	s, err := openShared(ctx, nc, opts.Store)
	if err != nil {
		return err
	}
	w := &Worker{opts: opts, s: s, roster: newRoster(), metrics: newMetrics(), limit: opts.Limit,
		owned: map[string]*owned{}, asleep: map[string]time.Time{}, waiting: map[string]string{}, found: map[string]found{}}
	w.load.now = time.Now
	w.metrics.observe(w)
	if w.voices, err = openVoices(ctx, s.js, opts.Pipeline.Model, opts.Store); err != nil {
		return err
	}
	// What goes on in the background ends with Run, after the handover.
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer w.wg.Wait()
	defer stop()
	w.lease = newLease(opts.Dead - opts.Beat)
	w.rename()
	if err := w.roster.follow(inner, s, &w.wg, w.report); err != nil {
		return err
	}
	if err := w.register(ctx); err != nil {
		return err
	}
	w.wg.Go(func() { w.discover(inner) })
	w.wg.Go(func() { w.voices.follow(inner, w.report) })
	control, err := w.control()
	if err != nil {
		return err
	}
	defer control()
	if ready != nil {
		ready(w)
	}
	return w.supervise(ctx)
}

// ID names the worker. It has another one after others have replaced it.
func (w *Worker) ID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.id
}

func (w *Worker) rename() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.id = newID()
}

func (w *Worker) log() *slog.Logger { return w.opts.Log.With("worker", w.ID()) }

func (w *Worker) report(err error) { w.log().Warn("will try again", "error", err) }

// register begins a new life: whatever this process owned before is gone.
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
		if refused(err) {
			w.rename()
		}
		w.report(fmt.Errorf("registration: %w", err))
		if !sleep(ctx, min(time.Second, 50*time.Millisecond<<min(attempt, 5))) {
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
	state := "ready"
	switch {
	case w.draining:
		state = "draining"
	case w.limit < w.opts.Limit:
		state = "overloaded"
	}
	return member{Host: host, PID: os.Getpid(), Streams: len(w.owned), Limit: w.limit, State: state,
		Model: w.opts.Pipeline.Model.Fingerprint(), Beat: w.beats, Cost: w.opts.Cost}
}

// supervise beats, replaces the dead and takes streams, until ctx is done.
func (w *Worker) supervise(ctx context.Context) error {
	beat := time.NewTicker(w.opts.Beat)
	defer beat.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return w.drain(context.WithoutCancel(ctx))
		case <-beat.C:
			if err := w.beat(ctx); err != nil {
				return err
			}
		case <-look.C:
			w.look(ctx)
		case <-w.roster.changed:
			w.look(ctx)
		}
	}
}

// lookEvery is how often a worker looks at streams that nobody has.
const lookEvery = 100 * time.Millisecond

// beat sends a heartbeat. A worker that was declared dead begins a new life.
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

// tryBeat sends a heartbeat and reports whether this worker may still be alive:
// whether it was not found to have been declared dead. Its error is for what
// trying again does not mend.
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
		if !refused(err) {
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
		case e.Revision() == revision: // a reader that is behind
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

// all returns the streams of this worker.
func (w *Worker) all() []*owned {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Values(w.owned))
}

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
	if err := w.s.workers.Purge(last, w.ID()); err != nil {
		return fmt.Errorf("worker %s: its heartbeat stays until others remove it: %w", w.ID(), err)
	}
	w.log().Info("drained")
	return nil
}

// drainWithin bounds a drain.
const drainWithin = 30 * time.Second
