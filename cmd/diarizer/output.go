package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/correct"
	"github.com/seed-7adb9000/diarizer/internal/page"
	"github.com/seed-7adb9000/diarizer/internal/rttm"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/transcript"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// output is where the events of a command's runs go: NATS, standard output and
// the files of the flags.
type output struct {
	flags  diarizeFlags
	stdout io.Writer
	stderr io.Writer
	print  func(publish.Event) error
	nc     *nats.Conn
	server *natsd.Server
	page   *livePage
	term   *terminalView
	desks  page.Desks // of the runs, for corrections
	bar    *progress

	publishing session.Publishing

	mu          sync.Mutex // of what follows, where several streams run at once
	final, live []rttm.Segment
}

// open connects to what the flags name.
func (o diarizeFlags) open(cmd *cobra.Command) (*output, error) {
	out := &output{flags: o, stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr()}
	if o.tui {
		out.term = openTerminal(cmd.Context(), out.desks.Correct, cmd.InOrStdin(), out.stdout)
	}
	if out.term != nil {
		out.stderr = out.term.feed
	}
	out.bar = newProgress(out.stderr, o.json)
	switch {
	case out.term != nil:
		out.print = out.term.feed.Event
	case o.json:
		out.print = transcript.NewJSONLines(out.stdout).Event
	default:
		out.print = transcript.New(out.stdout, transcript.Options{}).Event
	}
	live, err := o.page.open(cmd.Context(), out.stderr, out.desks.Correct)
	if err != nil {
		return nil, firstError(err, out.term.close())
	}
	out.page = live
	fail := func(err error) (*output, error) { return nil, firstError(err, out.disconnect()) }
	url := o.nats
	out.publishing = o.publish.publishing("")
	if o.publish.context != "" && !cmd.Flags().Changed("nats") {
		url = ""
	}
	switch {
	case o.publish.retain < 0:
		return fail(fmt.Errorf("--retain %v: expected a duration such as 720h", o.publish.retain))
	case url != "" && o.publish.context != "":
		return fail(fmt.Errorf("--nats and --nats-context: expected one of them"))
	case url == "off":
		return out, nil
	case url != "embedded":
		out.publishing = o.publish.publishing(url)
	default:
		server, err := natsd.Start(cmd.Context(), natsd.Options{})
		if err != nil {
			return fail(err)
		}
		out.server, url = server, server.URL()
		fmt.Fprintf(out.stderr, "publishing to %s, subjects %s.>\n", url, publish.Prefix)
	}
	nc, err := o.publish.begin(cmd.Context(), url, "diarizer", out.warn)
	if err != nil {
		return fail(err)
	}
	out.nc = nc
	return out, nil
}

// printStreams makes each line of a transcript begin with its stream.
func (o *output) printStreams() {
	if !o.flags.json && o.term == nil {
		o.print = transcript.New(o.stdout, transcript.Options{Streams: true}).Event
	}
}

// warn says what went wrong without ending anything.
func (o *output) warn(err error) { o.say("diarizer: %v\n", err) }

// say prints to standard error.
func (o *output) say(format string, args ...any) {
	_ = o.bar.print(func() error { // what cannot be said cannot be complained of either
		_, err := fmt.Fprintf(o.stderr, format, args...)
		return err
	})
}

// run diarizes one source. length is its duration, or 0 where it is not known.
// What came of it is kept for the files, whatever happens. Several may run at
// once.
func (o *output) run(ctx context.Context, src capture.Source, opts session.Options, length time.Duration) error {
	live := publish.NewLive(o.flags.latency)
	opts.NATS = o.nc
	opts.OnPublishError = o.warn
	opts.Publishing = o.publishing
	opts.OnEvent = func(e publish.Event) error {
		if err := live.Apply(e); err != nil {
			return err
		}
		return o.bar.print(func() error { return o.print(e) })
	}
	opts.OnProgress = o.bar.stream(length)
	if o.term != nil {
		opts.OnMeter = o.term.feed.Reading
	}
	opts.OnDesk = func(d *correct.Desk) { o.desks.Add(opts.Stream, d) }
	o.page.attach(&opts)
	run, cancel := o.term.until(ctx)
	defer cancel()
	timeline, err := session.Run(run, src, opts)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.final = append(o.final, timeline.Segments()...)
	o.live = append(o.live, live.Segments()...)
	return o.term.ended(ctx, err)
}

// close writes the files, keeps the page or the view up until ctx is done where
// there is one and nothing failed, and ends the connection and the servers.
func (o *output) close(ctx context.Context, failed error) error {
	o.bar.end()
	var errs []error
	for _, segments := range [][]rttm.Segment{o.final, o.live} {
		// Recordings that ran at once ended in any order.
		slices.SortStableFunc(segments, func(a, b rttm.Segment) int { return strings.Compare(a.File, b.File) })
	}
	if o.flags.rttm != "" {
		errs = append(errs, rttm.WriteFile(o.flags.rttm, o.final))
	}
	if o.flags.rttmLive != "" {
		errs = append(errs, rttm.WriteFile(o.flags.rttmLive, o.live))
	}
	if err := firstError(append(errs, failed)...); err == nil {
		if o.term != nil {
			o.term.linger(ctx)
		} else {
			o.page.linger(ctx, o.stderr)
		}
	}
	return firstError(append(errs, o.disconnect())...)
}

// disconnect ends the connection and the servers.
func (o *output) disconnect() error {
	var errs []error
	errs = append(errs, o.term.close(), o.page.close())
	if o.nc != nil {
		o.nc.Close()
	}
	if o.server != nil {
		errs = append(errs, o.server.Close())
	}
	return firstError(errs...)
}

// firstError returns the first error that is one.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
