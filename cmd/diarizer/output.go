package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/seed-7adb9000/diarizer/capture"
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

	final, live []rttm.Segment
}

// open connects to what the flags name.
func (o diarizeFlags) open(cmd *cobra.Command) (*output, error) {
	out := &output{flags: o, stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr()}
	if o.tui {
		out.term = openTerminal(cmd.Context(), cmd.InOrStdin(), out.stdout)
	}
	if out.term != nil {
		out.print, out.stderr = out.term.feed.Event, out.term.feed
	} else if o.json {
		out.print = transcript.NewJSONLines(out.stdout).Event
	} else {
		out.print = transcript.New(out.stdout, transcript.Options{}).Event
	}
	page, err := o.page.open(cmd.Context(), out.stderr)
	if err != nil {
		return nil, firstError(err, out.term.close())
	}
	out.page = page
	if o.nats == "off" {
		return out, nil
	}
	url := o.nats
	if url == "embedded" {
		server, err := natsd.Start(cmd.Context(), natsd.Options{})
		if err != nil {
			return nil, firstError(err, out.disconnect())
		}
		out.server, url = server, server.URL()
		fmt.Fprintf(out.stderr, "publishing to %s, subjects %s.>\n", url, publish.Prefix)
	}
	nc, err := publish.Connect(cmd.Context(), url, publish.ConnectOptions{OnError: out.warn})
	if err != nil {
		out.disconnect()
		return nil, err
	}
	out.nc = nc
	return out, nil
}

// warn says what went wrong without ending anything.
func (o *output) warn(err error) { fmt.Fprintf(o.stderr, "diarizer: %v\n", err) }

// run diarizes one source. length is its duration, or 0 where it is not known.
// What came of it is kept for the files, whatever happens.
func (o *output) run(ctx context.Context, src capture.Source, opts session.Options, length time.Duration) error {
	bar := o.progress(length)
	live := publish.NewLive(o.flags.latency)
	opts.NATS = o.nc
	opts.OnPublishError = o.warn
	opts.OnEvent = func(e publish.Event) error {
		if err := live.Apply(e); err != nil {
			return err
		}
		bar.clear()
		return o.print(e)
	}
	opts.OnProgress = bar.at
	if o.term != nil {
		opts.OnMeter = o.term.feed.Reading
	}
	o.page.attach(&opts)
	run, cancel := o.term.until(ctx)
	defer cancel()
	timeline, err := session.Run(run, src, opts)
	bar.clear()
	o.final = append(o.final, timeline.Segments()...)
	o.live = append(o.live, live.Segments()...)
	return o.term.ended(ctx, err)
}

// close writes the files, keeps the page or the view up until ctx is done where
// there is one and nothing failed, and ends the connection and the servers.
func (o *output) close(ctx context.Context, failed error) error {
	var errs []error
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

// bar is the progress line under a transcript, where standard error is a
// terminal.
type bar struct {
	pb    *progressbar.ProgressBar
	last  int64 // samples at the last drawing
	began time.Time
}

// progress returns the line for a recording of the given length.
func (o *output) progress(length time.Duration) *bar {
	b := &bar{began: time.Now()}
	f, ok := o.stderr.(*os.File)
	if !ok || o.flags.json || !term.IsTerminal(int(f.Fd())) {
		return b
	}
	total := int64(-1)
	if length > 0 {
		total = int64(length.Seconds())
	}
	b.pb = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(f),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(total > 0),
	)
	return b
}

// at tells how far the stream has been heard, in samples.
func (b *bar) at(samples int64) {
	if b.pb == nil || samples-b.last < capture.Rate {
		return
	}
	b.last = samples
	heard := capture.Duration(samples)
	b.pb.Describe(fmt.Sprintf("%s heard, %.0f × real time", heard.Round(time.Second), heard.Seconds()/time.Since(b.began).Seconds()))
	_ = b.pb.Set64(int64(heard.Seconds())) // fails only beyond the total, when the header was wrong
}

// clear makes room for a line of the transcript.
func (b *bar) clear() {
	if b.pb != nil {
		_ = b.pb.Clear()
	}
}
