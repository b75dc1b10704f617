package diarizer

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

// Config says how a stream is diarized. The zero value is ready.
type Config struct {
	// Model decides who is who; nil means [DefaultModel]. Reading a model takes a while,
	// so pipelines of one program should share it.
	Model Model
	// Stream is the id of the stream in its events, an [event.ValidToken]; empty means
	// "stream".
	Stream string
	// Source is told in the first event. Its Name is the file name of the turns in RTTM;
	// an empty Name stands for Stream.
	Source event.Source
	// Detector, Segment and Online set the stages; their zero values are the defaults.
	Detector vad.Config
	Segment  segment.Config
	Online   online.Config
	// Now is the clock for the wall-clock time of events; nil means time.Now.
	Now func() time.Time
}

// stages returns the settings of the chain, with a model.
func (c Config) stages() (pipeline.Config, error) {
	m := c.Model
	if m == nil {
		var err error
		if m, err = DefaultModel(); err != nil {
			return pipeline.Config{}, err
		}
	}
	return pipeline.Config{Model: m, Detector: c.Detector, Segment: c.Segment, Online: c.Online}, nil
}

// encoder returns what numbers the events of a new run.
func (c Config) encoder() (event.Encoder, error) {
	now := c.Now
	if now == nil {
		now = time.Now
	}
	stream := c.Stream
	if stream == "" {
		stream = "stream"
	}
	return event.Encoder{Stream: stream, Run: event.NewRun(now()), Now: now}, event.CheckStream(stream)
}

// ErrFlushed is the error of a [Pipeline] that is given sound after its end.
var ErrFlushed = errors.New("diarizer: the stream was flushed: sound after its end needs a new pipeline")

// Pipeline diarizes one stream. It has no goroutine; its methods are called by one
// goroutine at a time.
type Pipeline struct {
	cfg    Config
	chain  *pipeline.Stream
	enc    event.Encoder
	found  []online.Event // scratch
	ended  bool
	broken error // of an earlier call
}

// New returns a pipeline for a new stream.
func New(cfg Config) (*Pipeline, error) {
	enc, err := cfg.encoder()
	if err != nil {
		return nil, err
	}
	stages, err := cfg.stages()
	if err != nil {
		return nil, err
	}
	chain, err := pipeline.NewStream(stages)
	if err != nil {
		return nil, err
	}
	return &Pipeline{cfg: cfg, chain: chain, enc: enc}, nil
}

// Hear takes the next samples of the stream and hands the events that they lead to to
// sink, in order; [event.Timeline.Apply] can be the sink. If the block starts beyond the
// end of the block before, the sound in between was lost: Hear reports a gap, and the
// lost time counts. If the block starts earlier, it follows the block before.
//
// An error of sink ends the stream, and so does a block beyond [capture.MaxPosition].
// ctx ends a long block early, and the stream with it. Later calls return the same
// error.
func (p *Pipeline) Hear(ctx context.Context, b capture.Block, sink func(event.Event) error) error {
	if p.ended {
		return ErrFlushed
	}
	p.start(sink)
	if p.broken != nil {
		return p.broken
	}
	gap, err := p.chain.Hear(ctx, b, p.collect)
	if gap.End > 0 {
		p.tell(sink, p.enc.Gap(gap.Start, gap.End))
	}
	p.pass(sink)
	p.broken = errors.Join(p.broken, err)
	return p.broken
}

// Flush ends the stream: the open turns are closed, and the last event says that the
// stream is over. A second call does nothing.
func (p *Pipeline) Flush(sink func(event.Event) error) error {
	if p.ended {
		return p.broken
	}
	p.start(sink)
	if p.broken != nil {
		return p.broken
	}
	p.ended = true
	err := p.chain.Flush(p.collect)
	p.pass(sink)
	p.tell(sink, p.enc.Finish(p.chain.At(), event.Finished, ""))
	p.broken = errors.Join(p.broken, err)
	return p.broken
}

// Speakers iterates over the stream's speakers, with the statistics of all that each
// has said so far.
func (p *Pipeline) Speakers() iter.Seq2[event.Speaker, model.Stats] {
	return func(yield func(event.Speaker, model.Stats) bool) {
		for number, stats := range p.chain.Speakers() {
			if !yield(event.Speaker(number), stats) {
				return
			}
		}
	}
}

func (p *Pipeline) collect(e online.Event) { p.found = append(p.found, e) }

// start tells that the stream has started, if that was not told before.
func (p *Pipeline) start(sink func(event.Event) error) {
	if p.enc.Seq == 0 {
		p.tell(sink, p.enc.Start(p.cfg.Source))
	}
}

// pass tells what was collected.
func (p *Pipeline) pass(sink func(event.Event) error) {
	for _, e := range p.found {
		p.tell(sink, online.Encode(&p.enc, e))
	}
	p.found = p.found[:0]
}

func (p *Pipeline) tell(sink func(event.Event) error, e event.Event) {
	if p.broken == nil {
		p.broken = sink(e)
	}
}
