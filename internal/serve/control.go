package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// ControlPrefix begins the subjects of control. One worker answers list, stop, rename and
// identify; every worker answers status.
const ControlPrefix = "diarizer.serve.v1"

const (
	serviceName    = "diarizer"
	serviceVersion = "1.0.0"
	controlWithin  = 5 * time.Second
	maxTitle       = 200 // characters
)

// StreamInfo describes a stream in the answer to list.
type StreamInfo struct {
	Stream string `json:"stream"`
	Title  string `json:"title,omitempty"`
	// Worker is the worker that has the stream, empty if none has.
	Worker string `json:"worker,omitempty"`
	// Epoch is the number of owners that the stream has had.
	Epoch uint64 `json:"epoch"`
	// Open says that a run is going on.
	Open     bool `json:"open"`
	Identify bool `json:"identify,omitempty"`
	// Why is the reason why the stream waits for a worker.
	Why string `json:"why,omitempty"`
}

// WorkerInfo describes a worker in the answer to list.
type WorkerInfo struct {
	Worker  string `json:"worker"`
	Host    string `json:"host"`
	PID     int    `json:"pid"`
	Streams int    `json:"streams"`
	Limit   int    `json:"limit"`
	State   string `json:"state"`
	Model   string `json:"model"`
}

// List is the answer to list.
type List struct {
	Streams []StreamInfo `json:"streams"`
	Workers []WorkerInfo `json:"workers"`
}

// StreamStatus describes a stream of a worker in the answer to status.
type StreamStatus struct {
	Stream string `json:"stream"`
	Run    string `json:"run,omitempty"`
	// Heard is how much of the stream was heard. Lag is the time between the arrival of
	// the sound that is heard now and that of the newest. Both are in seconds.
	Heard float64 `json:"heard"`
	Lag   float64 `json:"lag"`
	// Events is the number of events so far. Message is the number of the last message
	// of sound.
	Events  uint64 `json:"events"`
	Message uint64 `json:"message"`
	// Dropped counts packets of other sessions than the one that is heard.
	Dropped uint64 `json:"dropped,omitempty"`
}

// Status is a worker's answer to status.
type Status struct {
	Worker   string            `json:"worker"`
	State    string            `json:"state"`
	LeaseAge float64           `json:"lease_age"` // seconds since the last acknowledged heartbeat
	Streams  []StreamStatus    `json:"streams"`
	Refused  map[string]string `json:"refused,omitempty"` // by stream, why it waits
}

// request is the body of a request to stop, rename or identify.
type request struct {
	Stream   string `json:"stream"`
	Title    string `json:"title"`
	Identify bool   `json:"identify"`
}

// control answers requests until the returned function is called.
func (w *Worker) control() (stop func(), err error) {
	svc, err := micro.AddService(w.s.nc, micro.Config{Name: serviceName, Version: serviceVersion,
		Description: "diarizes streams of sound", Metadata: map[string]string{"worker": w.ID()}})
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	group := svc.AddGroup(ControlPrefix)
	for _, e := range []struct {
		name    string
		handler func(context.Context, micro.Request) (any, error)
		opts    []micro.EndpointOpt
	}{
		{"list", w.list, nil},
		{"status", w.status, []micro.EndpointOpt{micro.WithEndpointQueueGroupDisabled()}},
		{"stop", w.stop, nil},
		{"rename", w.retitle, nil},
		{"identify", w.identify, nil},
	} {
		handler := micro.HandlerFunc(func(r micro.Request) {
			ctx, cancel := context.WithTimeout(context.Background(), controlWithin)
			defer cancel()
			answer, err := e.handler(ctx, r)
			if err == nil {
				err = r.RespondJSON(answer)
			} else {
				err = r.Error("400", strings.ReplaceAll(err.Error(), "\n", "; "), nil)
			}
			if err != nil {
				w.report(fmt.Errorf("answer to %s: %w", e.name, err))
			}
		})
		if err := group.AddEndpoint(e.name, handler, e.opts...); err != nil {
			return nil, errors.Join(fmt.Errorf("control %s: %w", e.name, err), svc.Stop())
		}
	}
	return func() { _ = svc.Stop() }, nil // fails where the connection is gone
}

func (w *Worker) list(context.Context, micro.Request) (any, error) {
	members, claims := w.roster.all()
	l := List{Streams: []StreamInfo{}, Workers: []WorkerInfo{}}
	w.mu.Lock()
	waiting := make(map[string]string, len(w.waiting))
	for stream, why := range w.waiting {
		waiting[stream] = why
	}
	w.mu.Unlock()
	for stream, c := range claims {
		info := StreamInfo{Stream: stream, Title: c.Title, Epoch: c.Epoch, Open: c.Open, Identify: c.Identify}
		if _, alive := members[c.Worker]; alive {
			info.Worker = c.Worker
		} else {
			info.Why = waiting[stream]
		}
		delete(waiting, stream)
		l.Streams = append(l.Streams, info)
	}
	for stream, why := range waiting { // streams without a claim
		l.Streams = append(l.Streams, StreamInfo{Stream: stream, Why: why})
	}
	for id, m := range members {
		l.Workers = append(l.Workers, WorkerInfo{Worker: id, Host: m.Host, PID: m.PID, Streams: m.Streams, Limit: m.Limit, State: m.State, Model: m.Model})
	}
	sortBy(l.Streams, func(s StreamInfo) string { return s.Stream })
	sortBy(l.Workers, func(x WorkerInfo) string { return x.Worker })
	return l, nil
}

func (w *Worker) status(context.Context, micro.Request) (any, error) {
	s := Status{Worker: w.ID(), State: w.heartbeat().State, LeaseAge: min(w.lease.age(), time.Hour).Seconds(), Streams: []StreamStatus{}}
	for _, o := range w.all() {
		p := o.state()
		s.Streams = append(s.Streams, StreamStatus{Stream: o.stream, Run: p.Run, Heard: capture.Duration(p.At).Seconds(),
			Lag: p.Lag.Seconds(), Events: p.Seq, Message: p.Message, Dropped: p.Dropped})
	}
	sortBy(s.Streams, func(s StreamStatus) string { return s.Stream })
	w.mu.Lock()
	defer w.mu.Unlock()
	for stream, why := range w.waiting {
		if s.Refused == nil {
			s.Refused = map[string]string{}
		}
		s.Refused[stream] = why
	}
	return s, nil
}

// about decodes a request and reads the claim of its stream. A stream that does not exist is
// an error.
func (w *Worker) about(ctx context.Context, r micro.Request) (request, seenClaim, error) {
	var q request
	if err := json.Unmarshal(r.Data(), &q); err != nil {
		return q, seenClaim{}, fmt.Errorf("request: %w: expected JSON such as {\"stream\":\"standup\"}", err)
	}
	if err := event.CheckStream(q.Stream); err != nil {
		return q, seenClaim{}, err
	}
	c, err := w.s.readClaim(ctx, q.Stream)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return q, c, fmt.Errorf("stream %s: no worker knows it: see list", q.Stream)
	}
	return q, c, err
}

// stop ends a stream's run where its sound ends now.
func (w *Worker) stop(ctx context.Context, r micro.Request) (any, error) {
	q, c, err := w.about(ctx, r)
	if err != nil {
		return nil, err
	}
	if !c.Open {
		return nil, fmt.Errorf("stream %s: no run is going on", q.Stream)
	}
	return q, w.s.stopStream(ctx, q.Stream, fmt.Sprintf("%s-%d", q.Stream, c.From), "stopped by request")
}

// retitle gives a stream another title.
func (w *Worker) retitle(ctx context.Context, r micro.Request) (any, error) {
	return w.change(ctx, r, func(q request, c *claim) error {
		q.Title = strings.TrimSpace(q.Title)
		c.Title = q.Title
		return event.CheckText("title", q.Title, maxTitle)
	})
}

// identify sets whether a stream's speakers are compared with the enrolled ones.
func (w *Worker) identify(ctx context.Context, r micro.Request) (any, error) {
	return w.change(ctx, r, func(q request, c *claim) error {
		c.Identify = q.Identify
		return nil
	})
}

// change changes a claim. The owner of the stream stays.
func (w *Worker) change(ctx context.Context, r micro.Request, change func(request, *claim) error) (any, error) {
	for {
		q, c, err := w.about(ctx, r)
		if err != nil {
			return nil, err
		}
		if err := change(q, &c.claim); err != nil {
			return nil, err
		}
		_, err = w.s.write(ctx, q.Stream, c.claim, c.revision)
		if !errors.Is(err, errTaken) {
			return q, err
		}
		if !wait.Sleep(ctx, 10*time.Millisecond) {
			return nil, err
		}
	}
}
