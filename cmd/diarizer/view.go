package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
	"github.com/seed-7adb9000/diarizer/internal/show/tui"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
	"github.com/seed-7adb9000/diarizer/publish"
)

// viewOptions are the flags of view.
type viewOptions struct {
	url     string
	nats    natsFlags
	streams []string
	all     bool
	page    pageFlags
}

func newViewCommand() *cobra.Command {
	var o viewOptions
	cmd := &cobra.Command{
		Use:   "view",
		Short: "Show who speaks, as a diarizer anywhere publishes it",
		Long: `View shows the streams that diarizers publish to a NATS server: on a page with
--http, else full-screen in the terminal, else, where the output is piped, as
plain lines. It begins with the latest run of every stream that the server keeps. With
--all, earlier runs can be looked at too: the page offers the 20 latest, and Tab
comes to them in the terminal.

Speakers can be named and merged on the page and in the terminal. The correction reaches
the diarizer, wherever it runs, and everybody who watches. Ctrl-C ends the view.`,
		Example: `  diarizer view --nats nats://bus:4222 --http 8080
  diarizer view --nats nats://bus:4222 --stream standup
  diarizer view --http 0.0.0.0:8080        # others need the token that is printed`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return view(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "nats", nats.DefaultURL, "URL of the NATS server")
	f.StringSliceVar(&o.streams, "stream", nil, "stream to show, may be repeated (default all)")
	f.BoolVar(&o.all, "all", false, "begin with earlier runs of the streams, to look at them; plain lines print them")
	o.nats.register(f)
	o.page.register(f)
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	return cmd
}

// view shows streams until ctx is done or the user closes the view.
func view(ctx context.Context, in io.Reader, out, stderr io.Writer, o viewOptions) (err error) {
	for _, s := range o.streams {
		if err := event.CheckStream(s); err != nil {
			return usage("--stream: %w", err)
		}
	}
	if o.page.addr == "" && o.page.token != "" {
		return usage("--http-token: expected it with --http")
	}
	var t *terminalView
	say := func(err error) {
		w := stderr
		if t != nil {
			w = t.feed
		}
		fmt.Fprintf(w, "diarizer: %v\n", err)
	}
	nc, err := o.nats.connect(ctx, o.url, "diarizer view", say)
	if err != nil {
		return err
	}
	defer nc.Close()
	if o.page.addr != "" {
		return viewPage(ctx, nc, stderr, o, say)
	}
	t = openTerminal(ctx, tui.Options{Correct: tui.Correct(correctOver(nc, nil))}, false, in, out)
	defer func() { err = errors.Join(err, t.close()) }()
	if t == nil {
		return follow(ctx, nc, o, say, display{event: transcript.New(out, transcript.Options{Streams: len(o.streams) != 1}).Event})
	}
	run, cancel := t.until(ctx)
	defer cancel()
	return t.ended(ctx, follow(run, nc, o, say, display{t.feed.Event, t.feed.Reading, t.feed.Partial}))
}

// viewPage serves the page. Corrections go to the program that diarizes the stream.
func viewPage(ctx context.Context, nc *nats.Conn, stderr io.Writer, o viewOptions, say func(error)) (err error) {
	hub := page.NewHub()
	server, err := o.page.serve(ctx, stderr, hub, page.Options{Correct: correctOver(nc, nil)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	return follow(ctx, nc, o, say, display{hub.Event, hub.Reading, hub.Partial})
}

// correctOver sends corrections to the program that diarizes the stream. It corrects a stream
// that is over itself; late, where not nil, is then handed the events of the correction.
func correctOver(nc *nats.Conn, late func(event.Event)) page.Correct {
	return func(ctx context.Context, stream string, c correct.Correction) (correct.Reply, error) {
		if c.ID == "" {
			c.ID = rand.Text()
		}
		reply, err := correct.Request(ctx, nc, stream, c)
		if errors.Is(err, correct.ErrNobody) || errors.Is(err, correct.ErrEnded) {
			reply, _, err = correct.After(ctx, nc, stream, c, func(e event.Event) error {
				if late != nil && e.Correction.ID == c.ID {
					late(e)
				}
				return nil
			})
		}
		return reply, err
	}
}

// display shows streams: their events, their levels and the words that a recogniser may still
// change. reading and partial may be nil.
type display struct {
	event   func(event.Event) error
	reading func(meter.Reading)
	partial func(stream string, m heard.Message)
}

// follow hands on the events that the server keeps and those that come, until ctx is done.
func follow(ctx context.Context, nc *nats.Conn, o viewOptions, say func(error), to display) error {
	if to.reading != nil {
		stop, err := meter.Subscribe(nc, to.reading)
		if err != nil {
			return err
		}
		defer stop()
	}
	if to.partial != nil {
		stop, err := heard.Subscribe(nc, to.partial)
		if err != nil {
			return err
		}
		defer stop()
	}
	w := &watcher{o: watchOptions{url: o.url, streams: o.streams, all: o.all}, say: say}
	sub, err := w.subscription(ctx, nc)
	if err != nil {
		return err
	}
	for m, err := range publish.Subscribe(ctx, nc, sub) {
		switch {
		case errors.Is(err, publish.ErrNotEvent), errors.Is(err, event.ErrHole):
			say(err) // the events are lost; the stream goes on
			continue
		case err != nil:
			return err
		case w.earlier(m):
			continue
		}
		if err := to.event(m.Event); err != nil {
			return err
		}
	}
	return ctx.Err()
}
