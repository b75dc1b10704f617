package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// webOptions are the flags of web.
type webOptions struct {
	url     string
	publish publishFlags
	model   string
	page    pageFlags
	limits  httpapi.Limits
	voices  string
	key     string
	keep    time.Duration
}

// newWebCommand makes "diarizer web".
func newWebCommand() *cobra.Command {
	var o webOptions
	cmd := &cobra.Command{
		Use:   "web",
		Short: "Diarize what browsers, phones and HTTP clients send",
		Long: `Web serves the page, which can record with the browser's microphone, and an HTTP API for
programs. POST /v1/diarize takes a recording and answers with who spoke when. /v1/live is
a WebSocket that takes live sound and says who speaks. /v1/openapi.json describes both.
docs/http.md has examples.

With --identify, speakers are called by the names of known voices. When somebody gets a
name, the page asks whether to remember the voice. It is kept only if the person agrees,
and for a limited time.

Browsers give a page the microphone only on localhost or over HTTPS: see --tls-cert
and --tls-self-signed. Turns are published to NATS, by default to a server of the
program's own; the page shows every stream that is published there.

The first Ctrl-C, or SIGTERM, ends the recordings. Sound that was acknowledged is diarized
before the end. After it was killed, the program goes on with the recordings at its next
start: recorders come back, and what was said before has the same speakers and names.`,
		Example: `  diarizer web
  diarizer web --http 0.0.0.0:8443 --tls-self-signed        # for phones; the address with its token is printed
  diarizer web --nats nats://bus:4222 --model light --max-live 100
  diarizer web --identify --voices-key voices.key`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runWeb(cmd.Context(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "nats", "embedded", "publish to a NATS server: a URL, or embedded (a server of the program's own on a free loopback port)")
	o.publish.register(f)
	cli.ModelFlag(f, &o.model)
	o.page.addr = "127.0.0.1:8080"
	o.page.register(f)
	f.StringVar(&o.voices, "identify", "", "call speakers by the names of known voices, and have the page ask whether to keep the voices of those who get a name, in this `file`, --identify=FILE (default diarizer/voices.json in the directory for state)")
	f.Lookup("identify").NoOptDefVal = defaultVoices
	keyFlag(f, &o.key)
	f.IntVar(&o.limits.Live, "max-live", 16, "the most live recordings at once")
	f.IntVar(&o.limits.Jobs, "max-jobs", 0, "how many recordings are diarized at once (default one per processor)")
	f.IntVar(&o.limits.Waiting, "max-waiting", 16, "how many more wait for their turn")
	f.Int64Var(&o.limits.Bytes, "max-bytes", 2<<30, "the largest recording, in bytes")
	f.DurationVar(&o.limits.Sound, "max-length", 12*time.Hour, "the longest recording, live or not")
	f.DurationVar(&o.keep, "resume-within", 24*time.Hour, "how long a live recording that was interrupted or has ended can be continued; 0 keeps none, and a server that is killed loses what it has not heard")
	f.DurationVar(&o.limits.Time, "max-time", time.Hour, "the longest time from a request to its answer")
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	return cmd
}

// check says what is wrong with the flags.
func (o *webOptions) check() error {
	l := o.limits
	switch {
	case o.url == "off" || o.page.addr == "" || o.page.addr == "off":
		return usage("--nats and --http: expected a server and an address")
	case l.Live < 1 || l.Jobs < 0 || l.Waiting < 1 || l.Bytes < 1:
		return usage("--max-live %d, --max-jobs %d, --max-waiting %d, --max-bytes %d: expected 1 or more", l.Live, l.Jobs, l.Waiting, l.Bytes)
	case o.voices == natsVoices:
		return usage("--identify=nats: expected a file: voices that a server keeps are for diarizer serve")
	case o.keep < 0:
		return usage("--resume-within %v: expected a duration such as 24h, or 0", o.keep)
	case l.Sound <= 0 || l.Time <= 0:
		return usage("--max-length %v, --max-time %v: expected durations such as 2h", l.Sound, l.Time)
	}
	return nil
}

// runWeb serves until ctx is done.
func runWeb(ctx context.Context, stderr io.Writer, o webOptions) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	models := newModels(o.model)
	if _, err := models.pipeline(""); err != nil {
		return as(exitInput, err)
	}
	say := func(err error) { fmt.Fprintf(stderr, "diarizer: %v\n", err) }
	voices, err := o.keeper(models, stderr)
	if err != nil {
		return err
	}
	nc, publishing, stop, err := o.connect(ctx, say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	options := httpapi.Options{
		Pipeline: models.pipeline, Limits: o.limits, Keeping: o.keeping(say),
		Live: func(ctx context.Context, src capture.Source, opts session.Options, learnt []saved.Learnt) (*event.Timeline, error) {
			opts.NATS, opts.Publishing, opts.OnPublishError = nc, publishing, say
			if voices != nil {
				if err := voices.attach(&opts, learnt); err != nil {
					return new(event.Timeline), err
				}
				defer voices.Ended(opts.Stream)
			}
			return session.Run(ctx, src, opts)
		},
	}
	if voices != nil {
		options.Learnt = voices.learntOf
	}
	api := httpapi.New(options)
	hub := page.NewHub()
	shown := page.Options{Correct: correctOver(nc, keepingNames(api, say)), Also: api.Routes()}
	if voices != nil {
		shown.Voices = voices
		voices.WhenKept(func(stream string) {
			if err := api.Taught(stream); err != nil {
				say(fmt.Errorf("stream %s: that a voice was learnt of it cannot be kept with it: %w", stream, err))
			}
		})
	}
	api.Restore()
	server, err := o.page.serve(ctx, stderr, hub, shown)
	if err != nil {
		return errors.Join(err, api.Close(ctx))
	}
	var g errgroup.Group
	following, unfollow := context.WithCancel(context.WithoutCancel(ctx))
	g.Go(func() error {
		return follow(following, nc, viewOptions{url: nc.ConnectedUrl()}, say, display{hub.Event, hub.Reading, hub.Partial})
	})
	<-ctx.Done()
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), endWithin)
	defer cancel()
	err = errors.Join(api.Close(closing), server.Close())
	unfollow()
	if ended := g.Wait(); !errors.Is(ended, context.Canceled) {
		err = errors.Join(err, ended)
	}
	return errors.Join(err, ctx.Err())
}

// keepingNames keeps the names that people give, or take back, after the end of a recording.
func keepingNames(api *httpapi.API, say func(error)) func(event.Event) {
	return func(e event.Event) {
		if action := correct.Action(e.Correction.Action); e.Kind != event.SpeakerIdentified || action != correct.Rename && action != correct.Undo {
			return
		}
		if err := api.Named(e.Stream, e.Speaker, e.Name); err != nil {
			say(fmt.Errorf("stream %s: the name %s cannot be kept with it: %w", e.Stream, e.Name, err))
		}
	}
}

// keeping says where and for how long live recordings are kept.
func (o *webOptions) keeping(say func(error)) httpapi.Keeping {
	if o.keep == 0 {
		return httpapi.Keeping{}
	}
	return httpapi.Keeping{Dir: saved.Dir(filepath.Join(stateHome(), "diarizer", "recordings")), For: o.keep, Say: say}
}

// connect connects to the NATS server of the flags, or to an embedded one.
func (o *webOptions) connect(ctx context.Context, say func(error)) (nc *nats.Conn, p session.Publishing, stop func() error, err error) {
	url := o.url
	var server *natsd.Server
	switch {
	case o.publish.context != "":
		url = ""
		p = o.publish.publishing(url)
	case url != "embedded":
		p = o.publish.publishing(url)
	default:
		if server, err = natsd.Start(ctx, natsd.Options{}); err != nil {
			return nil, p, nil, as(exitServer, err)
		}
		p, url = o.publish.publishing(""), server.URL()
	}
	stop = func() error {
		if nc != nil {
			nc.Close()
		}
		if server != nil {
			return server.Close()
		}
		return nil
	}
	if err = journalIn(p.Journal); err == nil {
		nc, err = o.publish.connect(ctx, url, "diarizer web", say)
	}
	if err == nil {
		err = publish.EnsureStream(ctx, nc, p.Stream)
	}
	if err != nil {
		return nil, p, nil, errors.Join(err, stop())
	}
	return nc, p, stop, nil
}
