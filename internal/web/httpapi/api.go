// Package httpapi is the program for whoever speaks HTTP: a recording in, who spoke
// when out, and a WebSocket that takes sound while it is made. It has routes and no
// server: internal/web/page lets in who may open the page. docs/http.md is the contract
// in prose, openapi.json the one for programs.
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
	"github.com/seed-7adb9000/diarizer/internal/web/record"
)

// Options say what is done for those who ask, and how much of it.
type Options struct {
	// Pipeline returns how to diarize with a model that was named, the default one if
	// the name is empty. The error is that of whoever named it.
	Pipeline func(model string) (pipeline.Config, error)
	// Live diarizes live sound, [session.Run] with whatever publishes its events.
	Live func(ctx context.Context, src capture.Source, opts session.Options) (*event.Timeline, error)
	// Keeping has live recordings outlast the process.
	Keeping Keeping
	// Limits bound it all.
	Limits Limits
	// Temp is the directory for recordings while they are diarized, the system's if
	// empty.
	Temp string
}

// Limits bound what is done at once and for how long. What is zero has its default.
type Limits struct {
	Live    int           // live recordings at once; 16
	Jobs    int           // recordings that are diarized at once; one a processor
	Waiting int           // recordings that wait for their turn; 16
	Bytes   int64         // of a recording; 2 GiB
	Sound   time.Duration // that a recording is long, live or not; 12 h
	Time    time.Duration // from the request to the answer; 1 h
	Stall   time.Duration // without a byte of a recording; 30 s
	Resume  time.Duration // until a lost recorder is given up; 1 min
	Idle    time.Duration // without sound of a recorder that is there; 5 min
	Ping    time.Duration // between two questions whether a recorder is there; 10 s
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

// API answers. Make it with [New]; it has to be closed.
type API struct {
	opts     Options
	limits   Limits
	jobs     *turns
	sessions *record.Registry

	base   context.Context // of what outlives its request
	cancel context.CancelFunc
	wg     sync.WaitGroup // of live streams and their connections
	mu     sync.Mutex
	closed bool
}

// New returns an API.
func New(o Options) *API {
	a := &API{opts: o, limits: o.Limits.withDefaults()}
	a.jobs = newTurns(a.limits.Jobs, a.limits.Waiting)
	a.sessions = record.NewRegistry(a.limits.Live, a.limits.Sound)
	if o.Keeping.Dir != "" {
		a.sessions.Keep()
	}
	a.base, a.cancel = context.WithCancel(context.Background())
	return a
}

// Routes are the handlers by their patterns of [http.ServeMux].
func (a *API) Routes() map[string]http.Handler {
	return map[string]http.Handler{
		"POST /v1/diarize":     http.HandlerFunc(a.diarize),
		"GET /v1/live":         http.HandlerFunc(a.live),
		"GET /v1/openapi.json": http.HandlerFunc(document),
	}
}

// enter counts what Close waits for. It reports false once the API closes.
func (a *API) enter() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.wg.Add(1)
	return true
}

// Close ends the live streams, whose recorders are told, and refuses new ones. It
// returns when all that was acknowledged has been heard, or when ctx is done. A
// recording that is being diarized ends with its request.
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
