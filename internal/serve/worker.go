// Package serve diarizes many streams on many machines. Workers share the streams whose sound
// JetStream keeps. Each stream has one owner at a time. When a worker dies, hangs or is cut
// off, another worker goes on with its streams from where they were.
//
// Workers have no protocol of their own. Key-value buckets, changed by compare-and-set, say
// which worker has which stream. The stream of events takes each event once.
// docs/operations.md explains it.
package serve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
)

// Worker diarizes streams until it is stopped. [Run] makes it.
type Worker struct {
	opts    Options
	s       *shared
	roster  *roster
	lease   *lease
	metrics *metrics
	voices  *voices
	load    load

	wg sync.WaitGroup

	mu      sync.Mutex
	id      string
	owned   map[string]*owned
	asleep  map[string]time.Time // streams that failed here, and until when this worker leaves them alone
	waiting map[string]string    // free streams, and why this worker does not take them
	found   map[string]found
	// newcomers are the streams with sound and without a claim, each with the number of the
	// first message of its sound.
	newcomers map[string]uint64

	sizes    map[string]size      // used by discover only
	turnover turnover             // used by discover only
	left     map[string]time.Time // streams that waited at the last look, and since when; used by look only
	moved    time.Time            // when a stream was handed over to make the workers even
	draining bool
	limit    int // less than opts.Limit after an overload
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

// newID is a new id of a worker: the name of the host, for people, and random digits.
func newID() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "worker"
	}
	host, _, _ = strings.Cut(host, ".")
	return event.Token(host)[:min(40, len(event.Token(host)))] + "-" + hex.EncodeToString(b[:])
}

// Run runs a worker over nc from its registration to its end. When ctx is done, it hands its
// streams over and returns nil. ready, if not nil, is called when the worker is registered.
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
		owned: map[string]*owned{}, asleep: map[string]time.Time{}, waiting: map[string]string{}, found: map[string]found{}, sizes: map[string]size{}}
	if c := s.audio.CachedInfo().Config; c.MaxMsgsPerSubject <= 0 {
		w.opts.Log.Warn("one sender can push out the sound of all others: the JetStream stream has no limit per subject",
			"stream", c.Name, "expected", opts.Store.audio().MaxMsgsPerSubject, "change", "nats stream edit "+c.Name+" --max-msgs-per-subject N")
	}
	w.load.now = time.Now
	w.metrics.observe(w)
	if w.voices, err = openVoices(ctx, s.js, opts); err != nil {
		return err
	}
	// The background goroutines end after the handover.
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		stop()
		if !finished(&w.wg, stopWithin) {
			w.log().Error("the worker ends while some of its work goes on", "waited", stopWithin)
		}
	}()
	w.lease = newLease(opts.Dead - opts.Beat)
	w.rename()
	if err := w.roster.follow(inner, s, &w.wg, w.report); err != nil {
		return err
	}
	if err := w.register(ctx); err != nil {
		return err
	}
	w.wg.Go(func() { w.discover(inner) })
	w.wg.Go(func() { w.sweep(inner) })
	w.wg.Go(func() { w.voices.follow(inner, s.nc, w.report) })
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

// ID is the id of the worker. A worker that others have replaced gets another id.
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

// supervise sends heartbeats, replaces dead workers and takes streams, until ctx is done.
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

// lookEvery is the time between two looks for free streams.
const lookEvery = 100 * time.Millisecond

// all returns the streams of this worker.
func (w *Worker) all() []*owned {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Values(w.owned))
}
