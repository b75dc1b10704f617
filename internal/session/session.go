// Package session is one run of one stream: sound through the pipeline, its
// events numbered, published and handed to whoever else wants them.
package session

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/correct"
	"github.com/seed-7adb9000/diarizer/internal/meter"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/publish"
)

// Options say where a run's events go.
type Options struct {
	// Stream is the stream's id, a valid token of a NATS subject.
	Stream string
	// Source describes what is listened to.
	Source publish.Source
	// Pipeline says how the stream is diarized.
	Pipeline pipeline.Config
	// NATS, where not nil, is where events are published.
	NATS *nats.Conn
	// OnPublishError hears of what delays the publishing, from another
	// goroutine.
	OnPublishError func(error)
	// OnEvent, where not nil, is handed every event. Its error ends the run.
	OnEvent func(publish.Event) error
	// OnProgress, where not nil, is told how far the stream has been heard, in
	// samples.
	OnProgress func(at int64)
	// OnDesk, where not nil, is handed the desk that takes corrections of the
	// run, before its first event. With NATS, corrections arrive there too.
	OnDesk func(*correct.Desk)
	// OnMeter, where not nil, is handed the readings of the meter, from another
	// goroutine. With NATS, they are sent there too.
	OnMeter func(meter.Reading)
}

// publishWithin bounds the wait for the server's acknowledgements at the end.
const publishWithin = 30 * time.Second

// Run diarizes src until it ends or ctx is done and returns the final timeline,
// which is never nil and holds, after an error, what was known by then. When
// ctx is done the open turn ends, everything is published, and the error
// matches ctx.Err().
func Run(ctx context.Context, src capture.Source, opts Options) (*publish.Timeline, error) {
	r := &run{opts: opts}
	if err := publish.CheckStream(opts.Stream); err != nil {
		return &r.timeline, err
	}
	stop, err := r.takeCorrections()
	if err != nil {
		return &r.timeline, err
	}
	defer stop()
	// Publishing outlives ctx: what is known when it is done is still sent.
	after := context.WithoutCancel(ctx)
	if opts.NATS != nil {
		if err := publish.EnsureStream(ctx, opts.NATS, publish.StreamOptions{}); err != nil {
			return &r.timeline, err
		}
		pub, err := publish.NewPublisher(opts.NATS, publish.PublisherOptions{OnError: opts.OnPublishError})
		if err != nil {
			return &r.timeline, err
		}
		r.pub = pub
	}
	r.meter = meter.New(src, r.reading)
	err = r.desk.Encode(func(enc *publish.Encoder) publish.Event { return enc.Start(opts.Source) })
	if err == nil {
		err = pipeline.Run(ctx, r.meter, r.opts.Pipeline, r.output)
	}
	err = both(err, r.finish(ctx, err))
	if r.pub != nil {
		closing, cancel := context.WithTimeout(after, publishWithin)
		defer cancel()
		err = both(err, r.pub.Close(closing))
	}
	return &r.timeline, err
}

// both joins two errors, either of which may be nil, on one line.
func both(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return fmt.Errorf("%w; and then: %w", a, b)
}

// run is the state of a Run.
type run struct {
	opts     Options
	desk     *correct.Desk
	meter    *meter.Source
	pub      *publish.Publisher
	timeline publish.Timeline
	at       int64
}

// output passes on what one block led to.
func (r *run) output(o pipeline.Output) error {
	r.at = o.At
	if o.Gap.End != 0 {
		gap := func(enc *publish.Encoder) publish.Event { return enc.Gap(o.Gap.Start, o.Gap.End) }
		if err := r.desk.Encode(gap); err != nil {
			return err
		}
	}
	for _, e := range o.Events {
		if err := r.desk.Decide(e); err != nil {
			return err
		}
	}
	r.desk.Heard(o.At)
	r.meter.Decided(o.At)
	if r.opts.OnProgress != nil {
		r.opts.OnProgress(o.At)
	}
	return nil
}

// takeCorrections sets the desk up and opens it to whoever corrects.
func (r *run) takeCorrections() (stop func(), err error) {
	var links pipeline.Links
	r.opts.Pipeline.Links = &links
	r.desk = correct.NewDesk(correct.Options{
		Encoder: &publish.Encoder{Stream: r.opts.Stream, Run: publish.NewRun(time.Now())},
		Emit:    r.event,
		Link:    links.Set,
	})
	if r.opts.OnDesk != nil {
		r.opts.OnDesk(r.desk)
	}
	if r.opts.NATS == nil {
		return func() {}, nil
	}
	return correct.Serve(r.opts.NATS, r.opts.Stream, r.desk)
}

// reading passes a reading of the meter on.
func (r *run) reading(m meter.Reading) {
	m.Stream, m.Run = r.opts.Stream, r.desk.Run()
	if r.opts.NATS != nil {
		_ = meter.Publish(r.opts.NATS, m) // lost while there is no connection, as it may be
	}
	if r.opts.OnMeter != nil {
		r.opts.OnMeter(m)
	}
}

// finish emits the last event, which says why the stream ended.
func (r *run) finish(ctx context.Context, err error) error {
	reason, detail := publish.Finished, ""
	switch {
	case err == nil:
	case ctx.Err() != nil:
		reason = publish.Interrupted
	default:
		reason, detail = publish.Failed, err.Error()
	}
	return r.desk.Encode(func(enc *publish.Encoder) publish.Event { return enc.Finish(r.at, reason, detail) })
}

func (r *run) event(e publish.Event) error {
	if err := r.timeline.Apply(e); err != nil {
		return fmt.Errorf("session: %w", err)
	}
	if r.pub != nil {
		if err := r.pub.Publish(e); err != nil {
			return err
		}
	}
	if r.opts.OnEvent != nil {
		return r.opts.OnEvent(e)
	}
	return nil
}
