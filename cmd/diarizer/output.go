package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
	"github.com/seed-7adb9000/diarizer/internal/show/tui"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// output is where the events of a command's runs go: NATS, standard output and
// the files of the flags.
type output struct {
	flags  diarizeFlags
	stdout io.Writer
	stderr io.Writer
	text   io.Writer // for the transcript
	print  func(event.Event) error
	nc     *nats.Conn
	server *natsd.Server
	page   *livePage
	term   *terminalView
	desks  page.Desks // of the runs, for corrections
	sounds page.Sounds
	bar    *progress
	files  *results
	where  string // the flags of the server that keeps the events, empty where no server does
	unsent bool   // whether that server lacks some events
	host   bool   // whether somebody sits at the terminal
	live   bool   // whether only the user ends the command
	atEnd  bool   // whether turns are printed at the end, all corrections applied, and not as they come

	voices *recognition // of --identify

	publishing session.Publishing

	mu        sync.Mutex // guards the rest, as several streams may run at once
	timelines []*event.Timeline
	lates     map[string]*correct.Late // by stream, for corrections after its end
	how       outcome                  // with which the files were written
	written   bool
	told      []rttm.Segment // what was told in time, for --rttm-live
	broken    bool           // whether a stream failed
	mute      bool           // whether standard output takes no more
	deaf      error          // of the write that failed, nil where it is not told
}

// open opens the outputs that the flags name: the NATS server, the page and the view. files
// were checked before.
func (o diarizeFlags) open(cmd *cobra.Command, files *results, m model.Model) (*output, error) {
	voices, err := openVoices(o.identify, o.voicesKey, m, cmd.ErrOrStderr())
	if err != nil {
		return nil, err
	}
	if voices != nil {
		voices.expire = o.voicesExpire
	}
	out := &output{flags: o, voices: voices, stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(), files: files}
	out.host = isTerminal(cmd.InOrStdin())
	shown := page.Options{Correct: out.correct, Sounds: &out.sounds}
	if o.tui && onTerminal(cmd.InOrStdin(), out.stdout) {
		opts := tui.Options{Correct: out.correct}
		if keeper := voices.asked(m, out.say); keeper != nil {
			shown.Voices, opts.Remember, opts.KeepFor = keeper, voices.remember, time.Duration(o.voicesExpire)
		}
		out.term = openTerminal(cmd.Context(), opts, true, cmd.InOrStdin(), out.stdout)
	}
	if out.term != nil {
		out.stderr = out.term.feed
	}
	out.text = out.stdout
	if files.Set.TakesStdout() {
		out.text = out.stderr
	}
	out.bar = newProgress(out.stderr, o.json)
	switch {
	case out.term != nil:
		out.print = out.term.feed.Event
	case o.json:
		out.print = transcript.NewJSONLines(out.stdout).Event
	default:
		out.print = transcript.New(out.text, transcript.Options{}).Event
	}
	live, err := o.page.open(cmd.Context(), out.stderr, shown)
	if err != nil {
		return nil, errors.Join(err, out.term.close())
	}
	out.page = live
	fail := func(err error) (*output, error) { return nil, errors.Join(err, out.disconnect()) }
	url := o.nats
	out.publishing = o.publish.publishing("")
	if o.publish.context != "" {
		url = "" // not the default
	}
	switch {
	case o.publish.retain < 0:
		return fail(usage("--retain %v: expected a duration such as 720h", o.publish.retain))
	case url == "off":
		if err := voices.ask(cmd.Context(), out, m); err != nil {
			return fail(err)
		}
		return out, nil
	case url != "embedded":
		out.publishing, out.where = o.publish.publishing(url), "--nats "+publish.Redact(url)
		if o.publish.context != "" {
			out.where = "--nats-context " + o.publish.context
		}
	default:
		server, err := natsd.Start(cmd.Context(), natsd.Options{})
		if err != nil {
			return fail(as(exitServer, err))
		}
		out.server, url = server, server.URL()
		fmt.Fprintf(out.stderr, "publishing to %s, subjects %s.>\n", url, publish.Prefix)
	}
	if err := journalIn(out.publishing.Journal); err != nil {
		return fail(err)
	}
	nc, err := o.publish.begin(cmd.Context(), url, "diarizer", out.warn)
	if err != nil {
		return fail(err)
	}
	out.nc = nc
	if err := voices.ask(cmd.Context(), out, m); err != nil {
		return fail(err)
	}
	return out, nil
}

// printStreams makes each line of a transcript begin with its stream.
func (o *output) printStreams() {
	if !o.flags.json && o.term == nil {
		o.print = transcript.New(o.text, transcript.Options{Streams: true}).Event
	}
}

// printAtEnd makes the turns be printed at the end instead of as they come.
func (o *output) printAtEnd() {
	if !o.flags.json && o.term == nil {
		o.atEnd = true
		o.print = func(event.Event) error { return nil }
	}
}

// warn prints an error that does not end the command.
func (o *output) warn(err error) {
	for _, line := range cli.Lines(cli.Apart(err)) {
		o.say("diarizer: %s\n", line)
	}
}

// say prints to standard error.
func (o *output) say(format string, args ...any) {
	_ = o.bar.print(func() error { // there is no other place to tell an error
		_, err := fmt.Fprintf(o.stderr, format, args...)
		return err
	})
}

// run diarizes one source. length is its duration, or 0 where it is not known. Its timeline
// is kept for the files, whatever happens. Several runs may go on at once.
func (o *output) run(ctx context.Context, src capture.Source, opts session.Options, length time.Duration) error {
	live := event.NewLive(o.flags.latency)
	opts.NATS = o.nc
	opts.OnPublishError = o.warn
	opts.Publishing = o.publishing
	late := o.remember(opts.Stream)
	opts.OnEvent = func(e event.Event) error {
		if err := errors.Join(live.Apply(e), late(e)); err != nil {
			return err
		}
		o.voices.event(e)
		o.files.event(e)
		return o.bar.print(func() error { return o.tell(ctx, e) })
	}
	opts.OnProgress = o.bar.stream(length)
	if o.term != nil {
		opts.OnMeter, opts.OnPartial = o.term.feed.Reading, o.term.feed.Partial
	}
	if o.page != nil || o.term != nil { // otherwise nobody here corrects anything
		opts.OnDesk = func(d *correct.Desk) { o.desks.Add(opts.Stream, d) }
	}
	if err := o.voices.attach(&opts); err != nil {
		o.fail()
		return err
	}
	defer o.voices.over(opts.Stream)
	o.page.attach(&opts)
	run, cancel := o.term.until(ctx)
	defer cancel()
	timeline, err := session.Run(run, src, opts)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.timelines = append(o.timelines, timeline)
	o.told = append(o.told, live.Segments()...)
	if end := timeline.Ended(); end == nil || end.Reason == event.Failed {
		o.broken = true
	}
	return o.term.ended(ctx, err)
}

// fail records that a stream failed before it ran.
func (o *output) fail() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.broken = true
}

// close writes the files and prints the result. If the command failed before it heard
// anything, older files stay. If nothing failed, close keeps the page or the view up until
// ctx is done. Then it closes the connection and the servers. It returns every error, failed
// first.
func (o *output) close(ctx context.Context, failed error) error {
	o.bar.end()
	if failed != nil && len(o.timelines) == 0 {
		o.fail()
	}
	o.unsent = errors.Is(failed, publish.ErrUnpublished)
	err := errors.Join(failed, o.write(ctx), o.deaf)
	if short := o.files.shortened(o.timelines); short != nil {
		o.warn(short)
	}
	if o.term == nil {
		err = errors.Join(err, o.result(ctx))
	}
	if len(cli.Told(ctx, err)) == 0 {
		switch {
		case o.term != nil:
			o.term.linger(ctx)
		case o.live && o.host && cli.InterruptedBy(ctx, os.Interrupt):
			// The person who ended the meeting may want to name its speakers.
			again, stop := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			o.page.linger(again, o.stderr)
			stop()
		default:
			o.page.linger(ctx, o.stderr)
		}
		err = errors.Join(err, o.catchUp(ctx))
	}
	err = errors.Join(err, o.disconnect())
	if o.term == nil {
		err = errors.Join(err, o.voices.keep(o.say))
	} else { // the view has gone, and the terminal takes plain lines
		o.stderr = o.stdout
		err = errors.Join(err, o.result(ctx), o.voices.keep(o.say))
	}
	return err
}

// write writes the files, with the recordings in the order of their names.
func (o *output) write(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	// Recordings that ran at the same time ended in any order.
	slices.SortStableFunc(o.timelines, func(a, b *event.Timeline) int { return strings.Compare(a.Recording(), b.Recording()) })
	slices.SortStableFunc(o.told, func(a, b rttm.Segment) int { return strings.Compare(a.File, b.File) })
	o.how, o.written = o.outcome(ctx), true
	return o.files.write(o.how, o.timelines, o.told)
}

// outcome is how the streams ended.
func (o *output) outcome(ctx context.Context) outcome {
	switch {
	case o.broken:
		return broken
	case !o.live && (ctx.Err() != nil || o.term.gone()):
		return interrupted
	}
	return whole
}

// disconnect ends the connection and the servers.
func (o *output) disconnect() error {
	errs := []error{o.term.close(), o.page.close()}
	if o.nc != nil {
		o.nc.Close()
	}
	if o.server != nil {
		errs = append(errs, o.server.Close())
	}
	return errors.Join(errs...)
}
