// Package pipeline wires the stages into goroutines: capture, front end,
// clustering and the caller's sink, with bounded channels between them. All
// concurrency, back-pressure and draining of the program is here; the stages
// are functions of the samples.
package pipeline

import (
	"context"
	"errors"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

// Config says how a stream is diarized. Only Model is needed.
type Config struct {
	Model    model.Model
	Detector vad.Config
	Segment  segment.Config
	Online   online.Config
	// Speech, where not nil, says where speech is, instead of the detector.
	// The spans are ordered and do not overlap.
	Speech []vad.Span
	// Utterances, where not nil, are the utterances, instead of those that the
	// segmentation would find. They may overlap.
	Utterances []segment.Utterance
	// Links, where not nil, says while the stream runs which speakers are one
	// person, and what is whose.
	Links *Links
}

// Output is what one block of sound led to.
type Output struct {
	// Before, where not nil, is the state of whoever diarizes as it was before the block, for
	// another one to go on with. [Run] gives none.
	Before []byte
	// At is how far the stream has been heard, in samples.
	At int64
	// Events are the changes of the timeline, in order.
	Events []online.Event
	// Gap, where its End is not 0, is sound that was lost just before what the
	// events speak of.
	Gap vad.Span
	// Replaced is how many samples of the block were no sound: not numbers,
	// infinite or far beyond full scale. Silence was taken for them.
	Replaced int
	// End says that the stream is over; it is set in the last output only.
	End bool
}

// Stream is the whole chain for one stream, without goroutines.
type Stream struct {
	front       *front
	clu         *online.Clusterer
	links       *Links
	fingerprint [fingerprintSize]byte // of the configuration
}

// NewStream returns the chain for a new stream.
func NewStream(cfg Config) (*Stream, error) {
	if err := check(cfg.Model); err != nil {
		return nil, err
	}
	f, err := newFront(cfg)
	if err != nil {
		return nil, err
	}
	clustering := cfg.Online
	clustering.Whole = clustering.Whole || cfg.Utterances != nil
	clustering.Drafts = f.second != nil
	clu, err := online.New(cfg.Model, clustering)
	if err != nil {
		return nil, err
	}
	if f.second != nil {
		clu.HearAgain(f.second.energies)
	}
	if cfg.Links != nil {
		clu.Number(cfg.Links.Reserve)
	}
	return &Stream{front: f, clu: clu, links: cfg.Links, fingerprint: fingerprint(cfg)}, nil
}

// Push takes the stream's next samples.
func (s *Stream) Push(samples []float32, emit func(online.Event)) {
	s.front.push(samples, func(ev segment.Event) { s.clu.Push(ev, emit) })
}

// Flush ends the stream.
func (s *Stream) Flush(emit func(online.Event)) error {
	err := s.front.flush(func(ev segment.Event) { s.clu.Push(ev, emit) })
	s.clu.Finish(s.front.pushed, emit)
	return err
}

// Run diarizes src and hands what comes of it to sink, in order. It returns
// when the source has ended, or ctx is done, and all that was heard until then
// has passed through: cancelling ctx ends the stream like its end would, and is
// then returned as ctx.Err(). An error of sink ends the run at once, as does a
// block beyond [capture.MaxPosition].
func Run(ctx context.Context, src capture.Source, cfg Config, sink func(Output) error) error {
	s, err := NewStream(cfg)
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(context.WithoutCancel(ctx))
	// A source is asked for its next block until ctx or the run is done.
	sctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(gctx, stop)()

	blocks := make(chan capture.Block, depth)
	segments := make(chan batch, depth)
	outputs := make(chan Output, depth)
	var ended error // of the source; read after g.Wait
	g.Go(func() error {
		defer close(blocks)
		ended = readBlocks(sctx, gctx, src, blocks)
		return nil
	})
	g.Go(func() error {
		defer close(segments)
		return runFront(gctx, s.front, blocks, segments)
	})
	g.Go(func() error {
		defer close(outputs)
		return runClusterer(gctx, s, segments, outputs)
	})
	g.Go(func() error {
		for o := range outputs {
			if err := sink(o); err != nil {
				return err
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return ended
}

// depth is how many blocks may wait between two stages.
const depth = 16

// batch is what one block led to in the front end.
type batch struct {
	at       int64
	events   []segment.Event
	gap      vad.Span
	replaced int
	end      bool
}

// send sends v unless ctx is done first.
func send[T any](ctx context.Context, ch chan<- T, v T) error {
	select {
	case ch <- v:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// readBlocks reads src until it ends. io.EOF is no error.
func readBlocks(ctx, run context.Context, src capture.Source, blocks chan<- capture.Block) error {
	for {
		b, err := src.Next(ctx)
		if err == nil || len(b.Samples) > 0 {
			if err := send(run, blocks, b); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func runFront(ctx context.Context, f *front, blocks <-chan capture.Block, out chan<- batch) error {
	for b := range blocks {
		var bt batch
		var err error
		before := f.replaced
		if bt.gap, err = f.hear(ctx, b, bt.collect); err != nil {
			return err
		}
		bt.at, bt.replaced = f.pushed, int(f.replaced-before)
		if err := send(ctx, out, bt); err != nil {
			return err
		}
	}
	var bt batch
	err := f.flush(bt.collect)
	bt.at, bt.end = f.pushed, true
	return errors.Join(err, send(ctx, out, bt))
}

// collect keeps an event with a copy of its frames.
func (b *batch) collect(ev segment.Event) {
	ev.Frames = slices.Clone(ev.Frames)
	b.events = append(b.events, ev)
}

func runClusterer(ctx context.Context, s *Stream, in <-chan batch, out chan<- Output) error {
	for bt := range in {
		o := Output{At: bt.at, Gap: bt.gap, Replaced: bt.replaced, End: bt.end}
		emit := func(e online.Event) { o.Events = append(o.Events, e) }
		s.Obey()
		for _, ev := range bt.events {
			s.clu.Push(ev, emit)
		}
		if bt.end {
			s.clu.Finish(bt.at, emit)
		}
		if err := send(ctx, out, o); err != nil {
			return err
		}
	}
	return nil
}
