package tracks

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
)

// Diarize diarizes each input of the room by itself, as [pipeline.Run] does a source. src
// is the room, or a source that reads the room. Without a limit on speakers, each input has
// one speaker.
//
// [Room.Name] knows the speakers by their numbers. A gap is reported where no input has any
// sound.
func (r *Room) Diarize(ctx context.Context, src capture.Source, cfg pipeline.Config, sink func(pipeline.Output) error) error {
	cfg = alone(cfg)
	if cfg.Links == nil {
		cfg.Links = &pipeline.Links{}
	}
	parts := cfg.Links.Parts(len(r.inputs))
	g, gctx := errgroup.WithContext(context.WithoutCancel(ctx))
	reading, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(gctx, stop)()
	feeds := make([]feed, len(r.inputs))
	outs := make([]chan pipeline.Output, len(r.inputs))
	for i := range r.inputs {
		one := cfg
		one.Links = parts[i]
		feeds[i], outs[i] = make(feed, 16), make(chan pipeline.Output, 16)
		g.Go(func() error {
			defer close(outs[i])
			if r.every > 0 {
				return r.chain(gctx, i, one, feeds[i], outs[i])
			}
			return pipeline.Run(gctx, feeds[i], one, func(o pipeline.Output) error { return send(gctx, outs[i], o) })
		})
	}
	var ended error // of the source; read after g.Wait
	g.Go(func() error {
		defer func() {
			for _, f := range feeds {
				close(f)
			}
		}()
		for ended == nil {
			_, ended = src.Next(reading)
			if ended != nil {
				r.gate.flush(r.leave)
			}
			if err := r.serve(gctx, feeds); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		m := newMerger(len(r.inputs), cfg.Online.Limits.Max == 1)
		if r.from != nil {
			m = r.from.merger
		}
		for {
			o, ok, err := m.next(gctx, outs)
			if !ok || err != nil {
				return err
			}
			if err := sink(o); err != nil {
				return err
			}
		}
	})
	if err := g.Wait(); err != nil {
		return err
	}
	if errors.Is(ended, io.EOF) {
		return nil
	}
	return ended
}

// alone returns cfg with at most one speaker at each input, if cfg has no limit.
func alone(cfg pipeline.Config) pipeline.Config {
	if cfg.Online.Limits.Max == 0 {
		cfg.Online.Limits.Max = 1
	}
	return cfg
}

// serve passes the sound that has left the gate to the chains that diarize it.
func (r *Room) serve(ctx context.Context, feeds []feed) error {
	for _, l := range r.left {
		for i, x := range l.sounds {
			if err := send(ctx, feeds[i], capture.Block{Start: l.start, Samples: x}); err != nil {
				return err
			}
		}
	}
	r.left = r.left[:0]
	return nil
}

// Name is the name of a speaker by its number: the name of the speaker's input, with a
// number if the speaker is not the input's first.
func (r *Room) Name(speaker int) string {
	place, nth := pipeline.Part(speaker, len(r.inputs))
	if place < 0 {
		return "" // a speaker that a correction has made
	}
	name := r.inputs[place].Name
	if nth > 0 {
		return fmt.Sprintf("%s %d", name, nth+1)
	}
	return name
}

// feed is the sound of one input on its way to the input's pipeline.
type feed chan capture.Block

// Next returns the next block, and io.EOF at the end.
func (f feed) Next(ctx context.Context) (capture.Block, error) {
	select {
	case b, ok := <-f:
		if !ok {
			return b, io.EOF
		}
		return b, nil
	case <-ctx.Done():
		return capture.Block{}, ctx.Err()
	}
}

// Close does nothing.
func (feed) Close() error { return nil }

// send sends v unless ctx is done first.
func send[T any](ctx context.Context, ch chan<- T, v T) error {
	select {
	case ch <- v:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
