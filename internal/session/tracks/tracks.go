package tracks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/picture"
)

// Track is the recording of one participant, all of which begin at the same moment.
type Track struct {
	// Name is that of who speaks.
	Name string
	// Open opens the recording.
	Open func(context.Context) (capture.Source, error)
}

// Options say how a meeting is made.
type Options struct {
	// Stream and Name are those of the meeting.
	Stream, Name string
	// Pipeline diarizes a track. Without limits of speakers there is one at each
	// microphone.
	Pipeline pipeline.Config
	// Jobs is how many tracks are heard at once.
	Jobs int
	// OnProgress, where not nil, is told how many samples of all tracks together have
	// been heard, from any goroutine.
	OnProgress func(heard int64)
}

// Result is a meeting.
type Result struct {
	// Events are those of the meeting; applied in order they are its timeline.
	Events []event.Event
	// Leaked is how much speech of each track was somebody else's, by the order of the
	// tracks.
	Leaked []time.Duration
}

// heard is what came of a track.
type heard struct {
	ear   ear
	turns []event.Turn
	at    event.Time
}

// Diarize makes a meeting of tracks. The error names the track.
func Diarize(ctx context.Context, tracks []Track, opts Options) (Result, error) {
	if opts.Pipeline.Online.Limits.Max == 0 {
		opts.Pipeline.Online.Limits.Max = 1
	}
	all := make([]heard, len(tracks))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, opts.Jobs))
	var sum atomic.Int64
	for i, t := range tracks {
		g.Go(func() error {
			var before int64
			err := all[i].hear(ctx, t, opts.Pipeline, func(at int64) {
				n := sum.Add(at - before)
				before = at
				if opts.OnProgress != nil {
					opts.OnProgress(n)
				}
			})
			if err != nil {
				return fmt.Errorf("track %s: %w", t.Name, err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return Result{}, err
	}
	ears := make([]*ear, len(all))
	for i := range all {
		ears[i] = &all[i].ear
	}
	unleak(ears)
	r := Result{Events: events(tracks, all, opts)}
	for _, e := range ears {
		r.Leaked = append(r.Leaked, capture.Duration(int64(e.removed)*hop))
	}
	return r, nil
}

// hear diarizes a track by itself.
func (h *heard) hear(ctx context.Context, t Track, cfg pipeline.Config, progress func(int64)) (err error) {
	src, err := t.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	p := &painted{Source: src, painter: picture.NewPainter()}
	tl, err := session.Run(ctx, p, session.Options{Stream: "track", Pipeline: cfg, OnProgress: progress})
	if err != nil {
		return err
	}
	h.turns, h.at = tl.Turns(), tl.At()
	h.ear.frames = p.frames
	for _, turn := range h.turns {
		h.ear.speech = append(h.ear.speech, stretch{int(turn.Start / hop), int((turn.End + hop - 1) / hop)})
	}
	slices.SortFunc(h.ear.speech, func(a, b stretch) int { return a.from - b.from })
	h.ear.speech = union(h.ear.speech)
	return nil
}

// union joins stretches that overlap.
func union(all []stretch) (joined []stretch) {
	for _, s := range all {
		if n := len(joined); n > 0 && s.from <= joined[n-1].to {
			joined[n-1].to = max(joined[n-1].to, s.to)
			continue
		}
		joined = append(joined, s)
	}
	return joined
}
