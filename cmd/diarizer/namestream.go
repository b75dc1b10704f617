package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
	"github.com/seed-7adb9000/diarizer/publish"
)

// correctStream corrects the latest run of a stream that a NATS server keeps.
func (o *nameOptions) correctStream(cmd *cobra.Command, stream string, wishes []wish) error {
	ctx := cmd.Context()
	files := newResults(cmd.OutOrStdout(), cmd.ErrOrStderr(), o.results.force, true)
	if err := o.outputs(files); err != nil {
		return err
	}
	nc, err := o.nats.connect(ctx, o.url, "diarizer "+cmd.Name(), func(err error) { fmt.Fprintf(cmd.ErrOrStderr(), "diarizer: %v\n", err) })
	if err != nil {
		return err
	}
	defer nc.Close()
	var tl *event.Timeline
	for _, w := range wishes {
		if tl, err = streamNow(ctx, nc, stream); err != nil {
			return err
		}
		c, err := aim(w, tl)
		if err != nil {
			return err
		}
		done := spelled(c, tl)
		if tl, err = correctAnywhere(ctx, nc, stream, tl, c); err != nil {
			return correction(err)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", stream, done)
	}
	return o.tell(cmd, files, tl)
}

// tell writes the files of --out after a correction, and prints how much everybody has
// spoken.
func (o *nameOptions) tell(cmd *cobra.Command, files *results, tl *event.Timeline) error {
	all := []*event.Timeline{tl}
	err := files.write(whole, all, nil)
	if !files.Set.TakesStdout() {
		err = errors.Join(err, printed(transcript.Table(cmd.OutOrStdout(), all)))
	}
	cli.TellFiles(files.Set, func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format, args...) })
	return err
}

// streamNow reads the latest run of a stream.
func streamNow(ctx context.Context, nc *nats.Conn, stream string) (*event.Timeline, error) {
	late, _, err := correct.Read(ctx, nc, stream)
	if err != nil {
		return nil, err
	}
	if late == nil {
		return nil, inputError("stream %s: the server keeps no run of it, and there is no file of that name", stream)
	}
	return late.Timeline(), nil
}

// correctAnywhere asks the program that diarizes the stream to correct it. Where the stream
// is over, it makes the correction itself. It returns the corrected timeline.
func correctAnywhere(ctx context.Context, nc *nats.Conn, stream string, tl *event.Timeline, c correct.Correction) (*event.Timeline, error) {
	if tl.Ended() == nil {
		reply, err := correct.Request(ctx, nc, stream, c)
		if err == nil {
			return streamAt(ctx, nc, stream, c.Run, reply.Seq)
		}
		if !errors.Is(err, correct.ErrNobody) {
			return nil, err
		}
	}
	_, tl, err := correct.After(ctx, nc, stream, c, nil)
	return tl, err
}

// publishedWithin bounds the wait for events that a correction led to.
const publishedWithin = 10 * time.Second

// streamAt reads a run until the event of that number is there.
func streamAt(ctx context.Context, nc *nats.Conn, stream, run string, seq uint64) (*event.Timeline, error) {
	ctx, cancel := context.WithTimeout(ctx, publishedWithin)
	defer cancel()
	for {
		tl, err := streamNow(ctx, nc, stream)
		if err != nil || tl.Run() != run || tl.Seq() >= seq {
			return tl, err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return tl, nil // the event is on its way
		}
	}
}

// correction gives the error of a correction its exit status.
func correction(err error) error {
	switch {
	case errors.Is(err, correct.ErrMalformed), errors.Is(err, correct.ErrRefused):
		return as(exitUsage, err)
	case errors.Is(err, correct.ErrNobody), errors.Is(err, publish.ErrMoved):
		return as(exitServer, err)
	}
	return err
}
