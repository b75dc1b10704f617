package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/publish"
)

// defaultKeep is how long workers take corrections of a stream after its end.
const defaultKeep = 24 * time.Hour

// mostKept bounds the streams that are kept open for corrections. Beyond it, the stream that
// ended first is dropped.
const mostKept = 1000

// keepQueue is the queue group of all workers, so that one of them answers a correction.
const keepQueue = "diarizer-late"

// openStreams answers corrections of streams that are over. The worker that diarized a
// stream answers them only until its end.
type openStreams struct {
	nc   *nats.Conn
	keep time.Duration
	log  *slog.Logger

	mu   sync.Mutex
	subs map[string]*openStream
}

type openStream struct {
	sub   *nats.Subscription
	timer *time.Timer
	until time.Time
}

// keepOpen answers corrections until stop is called.
func keepOpen(ctx context.Context, nc *nats.Conn, keep time.Duration, log *slog.Logger) (stop func(), err error) {
	if keep <= 0 {
		return func() {}, nil
	}
	o := &openStreams{nc: nc, keep: keep, log: log, subs: map[string]*openStream{}}
	var watched []*nats.Subscription
	stop = func() {
		for _, s := range watched {
			_ = s.Unsubscribe() // an error means that it has ended
		}
		o.close()
	}
	for kind, do := range map[event.Kind]func(event.Event){
		event.StreamEnded:   func(e event.Event) { o.open(ctx, e.Stream, keep) },
		event.StreamStarted: func(e event.Event) { o.shut(e.Stream) },
	} {
		sub, err := nc.Subscribe(publish.Subject("*", kind), func(m *nats.Msg) {
			if e, err := event.Decode(m.Data); err == nil { // anybody can publish there
				do(e)
			}
		})
		if err != nil {
			stop()
			return nil, err
		}
		watched = append(watched, sub)
	}
	if err := o.earlier(ctx); err != nil {
		log.Warn("streams that were over before are not kept open for corrections", "error", err)
	}
	return stop, nil
}

// earlier opens the streams that ended before this worker began.
func (o *openStreams) earlier(ctx context.Context) error {
	runs, err := publish.LatestRuns(ctx, o.nc)
	if err != nil || len(runs) == 0 {
		return err
	}
	js, err := bus.JetStream(o.nc)
	if err != nil {
		return err
	}
	stream, err := js.Stream(ctx, publish.JetStreamName)
	if err != nil {
		return err
	}
	for _, r := range runs {
		msg, err := stream.GetLastMsgForSubject(ctx, publish.Subject(r.Stream, event.StreamEnded))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return err
		case msg.Sequence > r.Number:
			o.open(ctx, r.Stream, o.keep-time.Since(msg.Time))
		}
	}
	return nil
}

// open answers corrections of a stream for the time keep.
func (o *openStreams) open(ctx context.Context, stream string, keep time.Duration) {
	if keep <= 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.subs == nil {
		return // closed
	}
	o.drop(stream)
	if len(o.subs) == mostKept {
		first := ""
		for s, open := range o.subs {
			if first == "" || open.until.Before(o.subs[first].until) {
				first = s
			}
		}
		o.drop(first)
	}
	sub, err := o.nc.QueueSubscribe(correct.Subject(stream), keepQueue, func(m *nats.Msg) { o.answer(ctx, stream, m) })
	if err != nil {
		o.log.Warn("stream is not kept open for corrections", "stream", stream, "error", err)
		return
	}
	o.subs[stream] = &openStream{sub: sub, timer: time.AfterFunc(keep, func() { o.shut(stream) }), until: time.Now().Add(keep)}
}

// answer corrects a stream. Where the stream goes on again, the worker that diarizes it
// answers instead.
func (o *openStreams) answer(ctx context.Context, stream string, m *nats.Msg) {
	c, err := correct.Decode(m.Data)
	var reply correct.Reply
	if err == nil {
		reply, _, err = correct.After(ctx, o.nc, stream, c, nil)
	}
	if errors.Is(err, correct.ErrNobody) {
		return
	}
	correct.Answer(m, reply, err)
}

func (o *openStreams) shut(stream string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.drop(stream)
}

// drop stops answering for a stream. The caller holds the lock.
func (o *openStreams) drop(stream string) {
	if s := o.subs[stream]; s != nil {
		s.timer.Stop()
		_ = s.sub.Unsubscribe() // an error means that it has ended
		delete(o.subs, stream)
	}
}

func (o *openStreams) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for stream := range o.subs {
		o.drop(stream)
	}
	o.subs = nil
}
