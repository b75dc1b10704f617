// Package httpapi is diarization over HTTP: a request with a recording is answered with
// who spoke when, and a WebSocket takes live sound. The package has routes and no server:
// internal/web/page serves them and checks the token. docs/http.md is the contract in
// prose, openapi.json the contract for programs.
package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

// Options say how requests are served, and how many at once.
type Options struct {
	// Pipeline returns the configuration for the model of a name; an empty name is the
	// default model. Its error is the client's fault.
	Pipeline func(model string) (pipeline.Config, error)
	// Live diarizes live sound: [session.Run] with the caller's publishing. learnt is what files of
	// voices have learnt of the stream before, if it is resumed.
	Live func(ctx context.Context, src capture.Source, opts session.Options, learnt []saved.Learnt) (*event.Timeline, error)
	// Learnt, where not nil, returns what files of voices have learnt of a stream by now. before is
	// what is known of that.
	Learnt func(stream string, before []saved.Learnt) ([]saved.Learnt, error)
	// Keeping says how live recordings outlast the process.
	Keeping Keeping
	// Limits bound the work.
	Limits Limits
	// Temp is the directory of recordings while they are diarized. Empty is the system's
	// directory for temporary files.
	Temp string
}

// Limits bound how much is done at once and for how long. A zero field has the default
// that its comment gives.
type Limits struct {
	Live    int           // live recordings at once; 16
	Jobs    int           // recordings that are diarized at once; one for each processor
	Waiting int           // recordings that wait to be diarized; 16
	Bytes   int64         // size of a recording; 2 GiB
	Sound   time.Duration // length of a recording, live or not; 12 h
	Time    time.Duration // from a request to its answer; 1 h
	Stall   time.Duration // without a byte of an upload; 30 s
	Resume  time.Duration // for a recorder to come back after its connection is lost; 1 min
	Idle    time.Duration // without sound from a connected recorder; 5 min
	Ping    time.Duration // between two pings of a recorder; 10 s
}

func (l Limits) withDefaults() Limits {
	l.Live = cmp.Or(l.Live, 16)
	l.Jobs = cmp.Or(l.Jobs, runtime.GOMAXPROCS(0))
	l.Waiting = cmp.Or(l.Waiting, 16)
	l.Bytes = cmp.Or(l.Bytes, 2<<30)
	l.Sound = cmp.Or(l.Sound, 12*time.Hour)
	l.Time = cmp.Or(l.Time, time.Hour)
	l.Stall = cmp.Or(l.Stall, 30*time.Second)
	l.Resume = cmp.Or(l.Resume, time.Minute)
	l.Idle = cmp.Or(l.Idle, 5*time.Minute)
	l.Ping = cmp.Or(l.Ping, 10*time.Second)
	return l
}

// API answers requests. Make it with [New] and close it with [API.Close].
type API struct {
	opts     Options
	limits   Limits
	jobs     *queue
	sessions *record.Registry

	base   context.Context // of work that outlives its request
	cancel context.CancelFunc
	wg     sync.WaitGroup // of live streams and their connections
	mu     sync.Mutex
	closed bool
	after  sync.Mutex // held while what is kept of a recording is changed after its end
}

// New returns an API.
func New(o Options) *API {
	a := &API{opts: o, limits: o.Limits.withDefaults()}
	a.jobs = newQueue(a.limits.Jobs, a.limits.Waiting)
	a.sessions = record.NewRegistry(a.limits.Live, a.limits.Sound)
	if o.Keeping.Dir != "" {
		a.sessions.Keep()
	}
	a.base, a.cancel = context.WithCancel(context.Background())
	return a
}

// Routes are the handlers, by their [http.ServeMux] patterns.
func (a *API) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"POST /v1/diarize":     http.HandlerFunc(a.diarize),
		"GET /v1/live":         http.HandlerFunc(a.live),
		"GET /v1/openapi.json": http.HandlerFunc(document),
	}
}

// enter counts a connection that Close has to wait for. It returns false once the API
// closes.
func (a *API) enter() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.wg.Add(1)
	return true
}

// Close ends the live streams, tells their recorders, and refuses new ones. It returns when
// all acknowledged sound has been heard, or when ctx is done. It does not end requests with
// a recording.
func (a *API) Close(ctx context.Context) error {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	a.sessions.Close()
	over := make(chan struct{})
	go func() {
		a.wg.Wait()
		close(over)
	}()
	var err error
	select {
	case <-over:
	case <-ctx.Done():
		err = ctx.Err()
	}
	a.cancel()
	<-over
	return err
}
