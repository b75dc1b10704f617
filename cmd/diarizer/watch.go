package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
	"github.com/seed-7adb9000/diarizer/publish"
)

// watchOptions are the flags of watch.
type watchOptions struct {
	url      string
	nats     natsFlags
	streams  []string
	rttm     string
	results  resultFlags
	json     bool
	format   string
	untilEnd bool
	all      bool
	fresh    bool
	since    time.Duration
	tui      bool
	words    bool
}

func newWatchCommand() *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Print who speaks, as a diarizer anywhere publishes it",
		Long: `Watch reads the events that a diarizer publishes to a NATS server and prints
them as a transcript. It begins with the latest run of every stream that the
server keeps, from its first event, and goes on live. Ctrl-C ends it; the RTTM
file then has the turns up to that moment.

With --format text or jsonl, events are printed as they come. The other formats
hold the turns at the end, all revisions applied: a table (csv), subtitles
that name the speaker (srt, vtt), a document for ELAN (eaf), or RTTM.

With --words, the words of recognisers that listen to the streams are shown. The
formats are then txt, json, srt, vtt, ctm, stm, eaf and jsonl.`,
		Example: `  diarizer watch --nats nats://bus:4222
  diarizer watch --stream standup --rttm standup.rttm --until-end
  diarizer watch --since 10m --json | jq .turn
  diarizer watch --stream talk --until-end --format vtt > talk.vtt
  diarizer watch --stream talk --words`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.tui && onTerminal(cmd.InOrStdin(), cmd.OutOrStdout()) {
				return view(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr(), viewOptions{url: o.url, nats: o.nats, streams: o.streams})
			}
			return watch(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "nats", nats.DefaultURL, "URL of the NATS server")
	o.nats.register(f)
	f.StringSliceVar(&o.streams, "stream", nil, "stream to watch, may be repeated (default all)")
	f.StringVar(&o.rttm, "rttm", "", "write the turns to this RTTM file at the end")
	o.results.register(f)
	f.BoolVar(&o.json, "json", false, "print the events as lines of JSON, the same as --format jsonl")
	f.StringVar(&o.format, "format", "text", "what is printed: "+strings.Join(watchFormats(false), ", "))
	f.BoolVar(&o.untilEnd, "until-end", false, "stop when the streams have ended")
	f.BoolVar(&o.all, "all", false, "print earlier runs of the streams too")
	f.BoolVar(&o.fresh, "new", false, "print only the events from now on")
	f.DurationVar(&o.since, "since", 0, "print only the events of this time before now, such as 10m, and those to come")
	f.BoolVar(&o.words, "words", false, "show the words of recognisers")
	f.BoolVar(&o.tui, "tui", false, "show it full-screen, where the output is a terminal")
	for _, other := range []string{"rttm", "out", "json", "format", "until-end", "all", "new", "since", "words"} {
		cmd.MarkFlagsMutuallyExclusive("tui", other)
	}
	cmd.MarkFlagsMutuallyExclusive("all", "new", "since")
	cmd.MarkFlagsMutuallyExclusive("json", "format")
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	return cmd
}

// watchFormats are the values of --format, without --words or with it.
func watchFormats(words bool) []string {
	all := []string{"text", jsonl}
	formats := export.Formats()
	if words {
		formats = export.WordFormats()
	}
	for _, f := range formats {
		all = append(all, string(f))
	}
	return all
}

// watch prints events until the streams end, ctx is done or something fails. It writes the
// files in any case.
func watch(ctx context.Context, stdout, stderr io.Writer, o watchOptions) error {
	for _, s := range o.streams {
		if err := event.CheckStream(s); err != nil {
			return usage("--stream: %w", err)
		}
	}
	if o.since < 0 {
		return usage("--since %v: expected a duration such as 10m", o.since)
	}
	switch {
	case o.json:
		o.format = jsonl
	case o.format == "":
		o.format = "text"
	case !slices.Contains(watchFormats(o.words), o.format) && o.words:
		return usage("--format %q: expected one of %s with --words", o.format, strings.Join(watchFormats(true), ", "))
	case !slices.Contains(watchFormats(o.words), o.format):
		return usage("--format %q: expected one of %s", o.format, strings.Join(watchFormats(false), ", "))
	}
	files := newResults(stdout, stderr, o.results.force, o.format == "text")
	if err := errors.Join(files.rttm("--rttm", o.rttm), files.out("--out", o.results.out, len(o.streams) != 1)); err != nil {
		return err
	}
	say := func(err error) { fmt.Fprintf(stderr, "diarizer: %v\n", err) }
	nc, err := o.nats.connect(ctx, o.url, "diarizer watch", say)
	if err != nil {
		return err
	}
	defer nc.Close()
	text := stdout
	if files.Set.TakesStdout() {
		text = stderr
	}
	w := &watcher{o: o, known: newTimelines(o.since > 0 || o.fresh), say: say, files: files,
		tell:  func(format string, args ...any) { fmt.Fprintf(stderr, format, args...) },
		lines: transcript.NewJSONLines(stdout)}
	if opts := (transcript.Options{Streams: len(o.streams) != 1}); o.words {
		w.text = transcript.NewWords(text, opts)
	} else {
		w.text = transcript.New(text, opts)
	}
	// Results that are written at the end have every run that was followed.
	w.known.all = o.all || len(files.final) > 0 || o.format != "text" && o.format != jsonl
	w.known.whole = everyTurn(o.format, files.final)
	err = w.run(ctx, nc)
	return errors.Join(err, w.finish(stdout, err))
}

// everyTurn reports whether a format that is printed, or one of the files, needs each turn and
// not only its segment.
func everyTurn(printed string, files []finalFile) bool {
	return printed != "text" && printed != jsonl && printed != string(export.RTTM) ||
		slices.ContainsFunc(files, func(f finalFile) bool { return f.format != export.RTTM })
}

// finish writes the results. ended is the error that ended the watch.
func (w *watcher) finish(stdout io.Writer, ended error) (err error) {
	switch {
	case w.o.format == "text" || w.o.format == jsonl:
	case w.o.words:
		err = as(exitOutput, writeWords(stdout, export.Format(w.o.format), w.known.list(w.o.all)))
	default:
		err = as(exitOutput, w.print(stdout, export.Format(w.o.format)))
	}
	how := whole
	switch {
	case errors.Is(ended, context.Canceled) && !w.o.untilEnd: // the only end there is
	case errors.Is(ended, context.Canceled):
		how = interrupted
	case ended != nil:
		how = broken
	}
	err = errors.Join(err, w.files.writeRuns(how, runsApart(w.known.list(true))))
	cli.TellFiles(w.files.Set, w.tell)
	return err
}

// print writes all runs that were followed, or the latest run where the format holds only
// one.
func (w *watcher) print(stdout io.Writer, f export.Format) error {
	all := w.known.list(true)
	if latest := w.known.list(false); f.Single() && len(latest) == 1 && len(all) > 1 && !w.o.all {
		w.say(fmt.Errorf("format %s holds one run, the latest of %d: --out FILE writes a file for each", f, len(all)))
		all = latest
	}
	return export.Write(stdout, f, runsApart(all))
}

// watcher is one run of watch.
type watcher struct {
	o      watchOptions
	known  *timelines
	say    func(error)
	tell   func(format string, args ...any)
	files  *results // nil for view, which writes none
	text   interface{ Event(event.Event) error }
	lines  *transcript.JSONLines
	first  map[string]uint64 // where the latest run of a stream begins
	number uint64            // of the latest message
	hole   *event.HoleError  // the last one that was told
	quiet  bool              // whether the wait for the first event was announced
	mute   bool              // whether the reader of standard output has gone
}

func (w *watcher) run(ctx context.Context, nc *nats.Conn) error {
	sub, err := w.subscription(ctx, nc)
	if err != nil {
		return err
	}
	for m, err := range publish.Subscribe(ctx, nc, sub) {
		if err := w.message(m, err); err != nil {
			return err
		}
		if w.o.untilEnd && m.Newest() && w.known.ended(w.o.streams) {
			return nil
		}
	}
	return ctx.Err()
}

// message prints an event, or says what came in its place.
func (w *watcher) message(m publish.Message, err error) error {
	switch {
	case errors.Is(err, publish.ErrNotEvent), errors.Is(err, event.ErrHole):
		w.say(err) // the events are lost; the stream goes on
		errors.As(err, &w.hole)
		return nil
	case err != nil:
		return err
	case w.earlier(m):
		return nil
	}
	return w.event(m)
}

// earlier reports whether a message is of an earlier run than the latest one at the beginning.
// Where the numbers fall, the server's stream was made again, and nothing in it is earlier.
func (w *watcher) earlier(m publish.Message) bool {
	if m.Number < w.number {
		w.first = nil
	}
	w.number = m.Number
	return m.Number < w.first[m.Stream]
}

// subscription says where to begin.
func (w *watcher) subscription(ctx context.Context, nc *nats.Conn) (publish.SubscribeOptions, error) {
	sub := publish.SubscribeOptions{Streams: w.o.streams, NewOnly: w.o.fresh, OnWait: w.wait}
	switch {
	case w.o.since > 0:
		sub.Since = time.Now().Add(-w.o.since)
	case !w.o.all && !w.o.fresh:
		runs, err := publish.LatestRuns(ctx, nc, w.o.streams...)
		if err != nil {
			return sub, fmt.Errorf("%s: %w", publish.Redact(w.o.url), err)
		}
		w.first = map[string]uint64{}
		for _, r := range runs {
			w.first[r.Stream] = r.Number
		}
		if len(runs) > 0 && len(runs) >= len(w.o.streams) { // otherwise some stream's start is not known
			oldest := slices.MinFunc(runs, func(a, b publish.RunStart) int { return cmp.Compare(a.Number, b.Number) })
			sub.After = oldest.Number - 1
		}
	}
	return sub, nil
}

// wait tells once that there are no events to print yet.
func (w *watcher) wait(err error) {
	if !w.quiet {
		w.quiet = true
		w.say(fmt.Errorf("waiting: %w", err))
	}
}

func (w *watcher) event(m publish.Message) error {
	w.files.event(m.Event)
	err := w.known.apply(m.Event)
	switch hole := w.hole; {
	case errors.Is(err, event.ErrHole) && hole != nil && hole.Run == m.Run && hole.Got == m.Seq: // has been said
	case errors.Is(err, event.ErrHole):
		w.say(err)
	case err != nil:
		return err
	}
	if w.mute {
		return nil
	}
	var failed error
	switch w.o.format {
	case jsonl:
		failed = w.lines.Raw(m.Data)
	case "text":
		failed = w.text.Event(m.Event)
	}
	if cli.ReaderGone(failed) && w.files.any() {
		w.mute = true
		return nil
	}
	return printed(failed)
}
