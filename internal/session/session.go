// Package session is one run of one stream: sound through the pipeline, its
// events numbered, published and handed to whoever else wants them.
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/internal/session/version"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/vad"
)

// ErrRunning is matched by the error for a stream of which another run goes on: both
// would be lost on those who listen.
var ErrRunning = errors.New("somebody diarizes a stream of this name already")

// Options say where a run's events go.
type Options struct {
	// Stream is the stream's id, a valid token of a NATS subject.
	Stream string
	// Source describes what is listened to. Model and Program are filled in where
	// they are empty.
	Source event.Source
	// Pipeline says how the stream is diarized.
	Pipeline pipeline.Config
	// NATS, where not nil, is where events are published.
	NATS *nats.Conn
	// Publishing says how.
	Publishing Publishing
	// OnPublishError hears of what delays the publishing, from another
	// goroutine.
	OnPublishError func(error)
	// OnEvent, where not nil, is handed every event. Its error ends the run.
	OnEvent func(event.Event) error
	// OnProgress, where not nil, is told how far the stream has been heard, in
	// samples.
	OnProgress func(at int64)
	// OnDesk, where not nil, is handed the desk that takes corrections of the
	// run, before its first event. With NATS, corrections arrive there too.
	OnDesk func(*correct.Desk)
	// Diarize, where not nil, does what [pipeline.Run] does, in another way. Recall and
	// Keep are nil then.
	Diarize func(ctx context.Context, src capture.Source, cfg pipeline.Config, sink func(pipeline.Output) error) error
	// Called, where not nil, is the name of a speaker that is known beforehand, by the
	// speaker's number, or empty.
	Called func(speaker int) string
	// Recall, where not nil, has speakers called by the names of voices that are
	// known.
	Recall *Recall
	// Keep, where not nil, has the run kept, so that another one can go on with it.
	Keep *Keep
	// OnWords, where not nil, is handed what takes the words that recognisers hear
	// of the run, before its first event; from any goroutine. With NATS, words
	// arrive there too.
	OnWords func(hear func(heard.Message) (heard.Reply, error))
	// OnPartial, where not nil, is handed words that may still change, from any
	// goroutine.
	OnPartial func(stream string, m heard.Message)
	// WordsWithin bounds the wait for the last words of recognisers at the end; 10 s
	// if 0. Where no recogniser has begun there is no wait.
	WordsWithin time.Duration
	// OnMeter, where not nil, is handed the readings of the meter, from another
	// goroutine. With NATS, they are sent there too.
	OnMeter func(meter.Reading)
}

// Publishing says how the events of a run are published.
type Publishing struct {
	// Journal is the directory of the journal that keeps events until the
	// server has them, or empty for none.
	Journal string
	// Stream says how to create the JetStream stream if it is absent.
	Stream publish.StreamOptions
	// Within bounds the wait for the server's acknowledgements at the end; 30 s
	// if 0, 10 s with a journal, where what is left is kept.
	Within time.Duration
}

func (p Publishing) within() time.Duration {
	switch {
	case p.Within > 0:
		return p.Within
	case p.Journal != "":
		return 10 * time.Second
	}
	return 30 * time.Second
}

// answerWithin bounds the wait for what a server says of its JetStream stream.
const answerWithin = 2 * time.Second

// divideWithin bounds the wait for the sound with which a speaker is divided.
const divideWithin = 2 * time.Second

// statusEvery is the stream time between two reports of how the program fares.
const statusEvery = 60 * capture.Rate

// keptTurns is how many closed turns the timeline keeps one by one: as many as
// people can still correct, some twenty hours of a lively meeting.
const keptTurns = 20000

// Run diarizes src until it ends or ctx is done and returns the final timeline,
// which is never nil and holds, after an error, what was known by then. Its segments
// are complete; of a stream with more than 20,000 turns it has the latest only one
// by one, see [event.Timeline.Bound]. When ctx is done the open turn ends, everything is published, and the error
// matches ctx.Err(). While another run of the stream goes on, the error matches
// [ErrRunning].
func Run(ctx context.Context, src capture.Source, opts Options) (*event.Timeline, error) {
	r := &run{opts: opts, status: statusEvery, began: time.Now()}
	r.timeline.Bound(keptTurns)
	if err := event.CheckStream(opts.Stream); err != nil {
		return &r.timeline, err
	}
	if opts.NATS != nil && opts.NATS.IsConnected() {
		if other := correct.Running(ctx, opts.NATS, opts.Stream); other != "" {
			return &r.timeline, fmt.Errorf("stream %s: %w, run %s", opts.Stream, ErrRunning, other)
		}
	}
	stop, err := r.takeCorrections()
	if err != nil {
		return &r.timeline, err
	}
	defer stop()
	stop, err = r.takeWords()
	if err != nil {
		return &r.timeline, err
	}
	defer stop()
	// Publishing outlives ctx: what is known when it is done is still sent.
	after := context.WithoutCancel(ctx)
	if err := r.open(ctx); err != nil {
		return &r.timeline, err
	}
	if err := r.goOn(); err != nil {
		return &r.timeline, err
	}
	if opts.NATS != nil || opts.OnMeter != nil {
		r.meter = meter.New(src, r.reading)
		src = r.meter
	}
	err = r.desk.Encode(func(enc *event.Encoder) event.Event { return enc.Start(r.source()) })
	if err == nil {
		err = r.retell()
	}
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
	return &r.timeline, err
}

// open begins to publish. With a server there, what it lacks is an error; one
// that is not there yet is waited for while the run goes on.
func (r *run) open(ctx context.Context) (err error) {
	if r.opts.NATS == nil {
		return nil
	}
	if r.opts.NATS.IsConnected() {
		asking, cancel := context.WithTimeout(ctx, answerWithin)
		err := publish.EnsureStream(asking, r.opts.NATS, r.opts.Publishing.Stream)
		cancel()
		// Who may do nothing but publish gets no answer, and need not have one.
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	r.pub, err = publish.NewPublisher(r.opts.NATS, publish.PublisherOptions{OnError: r.opts.OnPublishError,
		Journal: r.opts.Publishing.Journal, Run: r.desk.Run(), Stream: r.opts.Publishing.Stream})
	return err
}

// diarize has the sound go through the chain.
func (r *run) diarize(ctx context.Context, src capture.Source) error {
	if r.recall != nil {
		return r.recall.diarize(ctx, src)
	}
	if r.opts.Diarize != nil {
		return r.opts.Diarize(ctx, src, r.opts.Pipeline, r.output)
	}
	return pipeline.Run(ctx, src, r.opts.Pipeline, r.output)
}

// source is what the first event says of the stream, with what decides and what
// publishes.
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
	meter     *meter.Source // nil where nobody reads it
	pub       *publish.Publisher
	timeline  event.Timeline
	words     listening
	recall    *recalling  // nil where no voice is known and nothing is kept
	told      told        // where the run is kept
	corrected atomic.Bool // something that a person may have said was told since
	at        int64
	status    int64    // when the next status is due
	gap       vad.Span // the latest
	began     time.Time
}

// output passes on what one block led to.
func (r *run) output(o pipeline.Output) error {
	r.at = o.At
	if o.Gap.End != 0 {
		gap := func(enc *event.Encoder) event.Event { return enc.Gap(o.Gap.Start, o.Gap.End) }
		if err := r.desk.Encode(gap); err != nil {
			return err
		}
		r.gap = o.Gap
		r.status = r.due(r.status)
	}
	for _, e := range o.Events {
		if err := r.report(e.At - 1); err != nil {
			return err
		}
		if e.Kind == online.TurnUpdated && r.pub != nil && r.pub.GiveWay() {
			continue
		}
		if err := r.desk.Decide(e); err != nil {
			return err
		}
		if err := r.call(e); err != nil {
			return err
		}
	}
	// No decision is later in its stream time than its sound by that much.
	if err := r.report(o.At - capture.Rate); err != nil {
		return err
	}
	r.desk.Heard(o.At)
	if r.meter != nil {
		r.meter.Decided(o.At)
	}
	if r.opts.OnProgress != nil {
		r.opts.OnProgress(o.At)
	}
	return nil
}

// call names a speaker who is new and whose name is known beforehand.
func (r *run) call(e online.Event) error {
	if e.Kind != online.SpeakerAdded || r.opts.Called == nil {
		return nil
	}
	name := r.opts.Called(e.Speaker)
	if name == "" {
		return nil
	}
	return r.desk.Identify(e.At, e.Speaker, name, 1)
}

// report tells how the program fares, once for every minute of the stream that
// was over by at. All decisions until then have been told: where a report
// stands among them does not depend on how the sound was cut into blocks.
func (r *run) report(at int64) error {
	for ; r.status <= at; r.status = r.due(r.status + statusEvery) {
		lag := time.Since(r.began) - capture.Duration(r.status)
		status := func(enc *event.Encoder) event.Event {
			return enc.Status(r.status, event.Status{Lag: max(0, lag.Seconds())})
		}
		if err := r.desk.Encode(status); err != nil {
			return err
		}
	}
	return nil
}

// due returns when the status of a minute is due: of the minutes in a gap, which may
// be thousands, only the last has one.
func (r *run) due(minute int64) int64 {
	if minute > r.gap.Start && minute <= r.gap.End {
		return r.gap.End / statusEvery * statusEvery
	}
	return minute
}

// takeCorrections sets the desk up and opens it to whoever corrects.
func (r *run) takeCorrections() (stop func(), err error) {
	links := &pipeline.Links{}
	r.opts.Pipeline.Links = links
	if r.opts.Recall != nil || r.opts.Keep != nil {
		r.recall = &recalling{run: r}
	}
	r.words.enc = &event.Encoder{Stream: r.opts.Stream, Run: event.NewRun(time.Now())}
	r.desk = correct.NewDesk(correct.Options{
		Encoder: r.words.enc,
		Emit:    r.attributed,
		Link:    links.Set,
		Give:    links.Give,
		Reserve: links.Reserve,
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

func (r *run) event(e event.Event) error {
	if err := r.timeline.Apply(e); err != nil {
		return fmt.Errorf("session: %w", err)
	}
	if r.opts.Keep != nil {
		r.told.apply(e)
		switch e.Kind {
		case event.SpeakerIdentified, event.SpeakerMerged, event.Marked:
			r.corrected.Store(true)
		}
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
