// Package session is one run of one stream. Sound goes through the pipeline; the
// events are numbered, published, and handed to the functions of [Options].
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/internal/session/version"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/vad"
)

// ErrRunning is matched by the error for a stream of which another run goes on. A
// subscriber follows one run of a stream at a time and would lose both.
var ErrRunning = errors.New("somebody diarizes a stream of this name already")

// answerWithin bounds the wait for what a server says of its JetStream stream.
const answerWithin = 2 * time.Second

// divideWithin bounds the wait for the pipeline when a speaker is split in two.
const divideWithin = 2 * time.Second

// keptTurns is how many closed turns the timeline keeps one by one. People can still
// correct that many turns, some twenty hours of a lively meeting.
const keptTurns = 20000

// Run diarizes src until src ends or ctx is done. It returns the final timeline, which is
// never nil. After an error the timeline holds what was known by then. The timeline's
// segments are complete. Of a stream with more than 20,000 turns, the timeline has only the
// latest turns one by one; see [event.Timeline.Bound].
//
// When ctx is done, the open turn ends, all events are published, and the error matches
// ctx.Err(). While another run of the stream goes on, the error matches [ErrRunning].
func Run(ctx context.Context, src capture.Source, opts Options) (*event.Timeline, error) {
	r := &run{opts: opts, status: statusEvery, began: time.Now()}
	return &r.timeline, r.diarized(ctx, src)
}

// diarized does what Run does. What is kept of the run afterwards, such as its timeline and its
// desk, keeps neither the pipeline nor the sound.
func (r *run) diarized(ctx context.Context, src capture.Source) error {
	defer func() { r.recall, r.meter = nil, nil }()
	opts := r.opts
	r.timeline.Bound(keptTurns)
	if err := event.CheckStream(opts.Stream); err != nil {
		return err
	}
	if opts.NATS != nil && opts.NATS.IsConnected() {
		if other := correct.Running(ctx, opts.NATS, opts.Stream); other != "" {
			return fmt.Errorf("stream %s: %w, run %s", opts.Stream, ErrRunning, other)
		}
	}
	stop, err := r.takeCorrections()
	if err != nil {
		return err
	}
	defer stop()
	stop, err = r.takeWords()
	if err != nil {
		return err
	}
	defer stop()
	if err := r.goOn(); err != nil {
		return err
	}
	// Publishing outlives ctx: events that are known when ctx is done are still sent.
	after := context.WithoutCancel(ctx)
	if err := r.open(ctx); err != nil {
		return err
	}
	if opts.NATS != nil || opts.OnMeter != nil {
		r.meter = meter.New(src, r.reading)
		src = r.meter
	}
	err = r.begin()
	if err == nil {
		err = r.diarize(ctx, src)
	}
	r.awaitWords(ctx)
	err = errors.Join(err, r.finish(ctx, err))
	if r.pub != nil {
		closing, cancel := context.WithTimeout(after, opts.Publishing.within())
		defer cancel()
		err = errors.Join(err, r.pub.Close(closing))
	}
	return err
}

// open begins to publish. If a server is connected, a failure to create the JetStream
// stream is an error. Without a connection the run goes on and its events wait for the
// server.
func (r *run) open(ctx context.Context) (err error) {
	if r.opts.NATS == nil {
		return nil
	}
	if r.opts.NATS.IsConnected() {
		asking, cancel := context.WithTimeout(ctx, answerWithin)
		err := publish.EnsureStream(asking, r.opts.NATS, r.opts.Publishing.Stream)
		cancel()
		// A user who may only publish gets no answer, and needs none.
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	r.pub, err = publish.NewPublisher(r.opts.NATS, publish.PublisherOptions{OnError: r.opts.OnPublishError,
		Journal: r.opts.Publishing.Journal, Run: r.desk.Run(), Stream: r.opts.Publishing.Stream})
	return err
}

// diarize sends the sound through the pipeline.
func (r *run) diarize(ctx context.Context, src capture.Source) error {
	if r.recall != nil {
		return r.recall.diarize(ctx, src)
	}
	if r.opts.Diarize != nil {
		return r.opts.Diarize(ctx, src, r.opts.Pipeline, r.output)
	}
	return pipeline.Run(ctx, src, r.opts.Pipeline, r.output)
}

// source is the source that the first event names, with its model and program filled in.
func (r *run) source() event.Source {
	src := r.opts.Source
	if src.Model == "" && r.opts.Pipeline.Model != nil {
		src.Model = r.opts.Pipeline.Model.Fingerprint()
	}
	src.Program = cmp.Or(src.Program, version.Program())
	return src
}

// run is the state of a Run.
type run struct {
	opts      Options
	desk      *correct.Desk
	meter     *meter.Source // nil if nobody reads it
	pub       *publish.Publisher
	timeline  event.Timeline
	words     listening
	recall    *recalling  // nil if no voice is known, and if nothing is kept or Diarize keeps it
	told      told        // filled only where the run is kept
	corrected atomic.Bool // a correction, or an event that may be one, came since the last snapshot
	at        int64
	status    int64    // when the next status is due
	gap       vad.Span // the latest gap
	began     time.Time
}

// takeCorrections sets the desk up and opens it to corrections.
func (r *run) takeCorrections() (stop func(), err error) {
	links := &pipeline.Links{}
	if r.opts.Streams > 1 {
		links.Among(r.opts.Streams)
	}
	r.opts.Pipeline.Links = links
	if r.opts.Recall != nil || r.opts.Keep != nil && r.opts.Diarize == nil {
		r.recall = &recalling{run: r}
	}
	r.words.enc = &event.Encoder{Stream: r.opts.Stream, Run: event.NewRun(time.Now())}
	r.desk = correct.NewDesk(correct.Options{
		Encoder:   r.words.enc,
		Emit:      r.attributed,
		Link:      links.Set,
		Give:      links.Give,
		Corrected: func() { r.corrected.Store(true) },
		Reserve:   links.Reserve,
		Divide: func(speakers []int) ([]online.Span, error) {
			ctx, cancel := context.WithTimeout(context.Background(), divideWithin)
			defer cancel()
			return links.Divide(ctx, speakers)
		},
	})
	if r.opts.OnDesk != nil {
		r.opts.OnDesk(r.desk)
	}
	if r.opts.NATS == nil {
		return func() {}, nil
	}
	return correct.Serve(r.opts.NATS, r.opts.Stream, r.desk)
}

// finish emits the last event, which says why the stream ended.
func (r *run) finish(ctx context.Context, err error) error {
	reason, detail := event.Finished, ""
	switch {
	case err == nil:
	case ctx.Err() != nil:
		reason = event.Interrupted
	default:
		reason, detail = event.Failed, err.Error()
	}
	return r.desk.Encode(func(enc *event.Encoder) event.Event { return enc.Finish(r.at, reason, detail) })
}
