package correct

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/publish"
)

// attempts bounds how often a correction is tried when another correction came first.
const attempts = 10

// After corrects the latest run of a stream that is over, as the server keeps it. It
// returns the run's timeline with the correction. each, where not nil, is handed in order
// the events that corrected the run after its end, this correction's and earlier ones. The
// error matches [ErrNobody] if the run is not over or the server keeps no run.
func After(ctx context.Context, nc *nats.Conn, stream string, c Correction, each func(event.Event) error) (Reply, *event.Timeline, error) {
	if c.ID == "" {
		c.ID = rand.Text()
	}
	for try := 1; ; try++ {
		reply, tl, err := after(ctx, nc, stream, c, each)
		if !errors.Is(err, publish.ErrMoved) || try == attempts {
			return reply, tl, err
		}
		select {
		case <-time.After(time.Duration(try) * 10 * time.Millisecond):
		case <-ctx.Done():
			return Reply{}, nil, ctx.Err()
		}
	}
}

func after(ctx context.Context, nc *nats.Conn, stream string, c Correction, each func(event.Event) error) (Reply, *event.Timeline, error) {
	if each == nil {
		each = func(event.Event) error { return nil }
	}
	late, last, err := Corrections(ctx, nc, stream, each)
	if err != nil {
		return Reply{}, nil, err
	}
	if late == nil || late.Timeline().Ended() == nil {
		return Reply{}, nil, fmt.Errorf("stream %s: %w", stream, ErrNobody)
	}
	tl := late.Timeline()
	if c.Run != "" && c.Run != tl.Run() {
		return Reply{}, nil, fmt.Errorf("%w: it is about run %s, and this is run %s", ErrRefused, c.Run, tl.Run())
	}
	events, err := late.Correct(c)
	if err != nil {
		return Reply{}, nil, err
	}
	if err := publish.Append(ctx, nc, last, events...); err != nil {
		return Reply{}, nil, err
	}
	for _, e := range events {
		if err := errors.Join(late.Apply(e), each(e)); err != nil {
			return Reply{}, nil, err
		}
	}
	return Reply{Seq: tl.Seq()}, tl, nil
}

// Read reads the latest run of a stream as far as the server has it. last is the number of
// the stream's last message. If the server keeps no run of the stream, late is nil.
func Read(ctx context.Context, nc *nats.Conn, stream string) (late *Late, last uint64, err error) {
	return Corrections(ctx, nc, stream, func(event.Event) error { return nil })
}

// Corrections does what Read does, and hands each the events that corrected the run after
// its end, in order, whichever program made them.
func Corrections(ctx context.Context, nc *nats.Conn, stream string, each func(event.Event) error) (late *Late, last uint64, err error) {
	runs, err := publish.LatestRuns(ctx, nc, stream)
	if err != nil || len(runs) == 0 {
		return nil, 0, err
	}
	late = &Late{}
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{Streams: []string{stream}, After: runs[0].Number - 1}) {
		switch {
		case errors.Is(err, publish.ErrNotEvent), errors.Is(err, event.ErrHole):
			// Events that are lost stay lost.
		case err != nil:
			return nil, 0, err
		case m.Run == runs[0].Run:
			if err := late.Apply(m.Event); err != nil {
				return nil, 0, err
			}
			if m.Correction != nil {
				if err := each(m.Event); err != nil {
					return nil, 0, err
				}
			}
		}
		if last = max(last, m.Number); m.Newest() {
			return late, last, nil
		}
	}
	return nil, 0, ctx.Err()
}
