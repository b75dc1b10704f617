package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/show/transcript"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/publish/natsd"
)

// newDemoCommand makes "diarizer demo".
func newDemoCommand() *cobra.Command {
	var speed string
	var said bool
	var view pageFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Diarize a recording that is part of the program, with nothing to set up",
		Long: `Diarize a recording that is part of the program, with nothing to set up.

Four synthetic voices plan a garden. The recording passes through the whole
program and over a NATS server that it starts for itself; what is printed are the
turns as they come back from there. The last lines compare them with who really
spoke when. With --http a page shows it while it is spoken.

With --words, a recogniser that knows the script tells what it hears two seconds
after it was said, and what is printed is who said what, corrected where turns are.`,
		Example: `  diarizer demo
  diarizer demo --http 8080
  diarizer demo --words`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if view.addr != "" && !cmd.Flags().Changed("speed") {
				speed = "1"
			}
			sp, err := capture.ParseSpeed(speed)
			if err != nil {
				return usage("--speed: %w", err)
			}
			return runDemo(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), sp, view, said)
		},
	}
	cmd.Flags().StringVar(&speed, "speed", "max", "1 as it was spoken, N times as fast, or max (default 1 with --http)")
	cmd.Flags().BoolVar(&said, "words", false, "show what is said")
	view.register(cmd.Flags())
	return cmd
}

// runDemo replays the recording to a NATS server and prints what a subscriber
// hears.
func runDemo(ctx context.Context, w, stderr io.Writer, speed capture.Speed, view pageFlags, said bool) (err error) {
	m, err := cli.ReadModel(modelfile.Accurate)
	if err != nil {
		return err
	}
	server, err := natsd.Start(ctx, natsd.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	nc, err := publish.Connect(ctx, server.URL(), publish.ConnectOptions{})
	if err != nil {
		return err
	}
	defer nc.Close()
	var desks page.Desks
	var live *livePage
	live, err = view.open(ctx, stderr, page.Options{Correct: func(ctx context.Context, stream string, c correct.Correction) (correct.Reply, error) {
		reply, err := desks.Correct(ctx, stream, c)
		if errors.Is(err, correct.ErrEnded) {
			reply, _, err = correct.After(ctx, nc, stream, c, live.hub.Event)
		}
		return reply, err
	}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, live.close()) }()
	rec, err := capture.OpenReader(ctx, demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		return err
	}
	defer rec.Close()
	if err := publish.EnsureStream(ctx, nc, publish.StreamOptions{}); err != nil {
		return err
	}

	var g errgroup.Group
	var received *event.Timeline
	g.Go(func() (err error) {
		received, err = listen(ctx, nc, w, said)
		return err
	})
	began := time.Now()
	opts := session.Options{
		Stream:   demo.Name,
		Source:   event.Source{Name: demo.Name},
		Pipeline: pipeline.Config{Model: m},
		NATS:     nc,
	}
	opts.OnDesk = func(d *correct.Desk) { desks.Add(opts.Stream, d) }
	live.attach(&opts)
	if said {
		opts.OnProgress = demoRecogniser(ctx, nc)
	}
	sent, err := session.Run(ctx, capture.NewReplay(rec, speed, nil), opts)
	took := time.Since(began)
	if err := errors.Join(g.Wait(), err); err != nil {
		return err
	}
	if err := summarize(w, received, sent.At().Duration(), took); err != nil {
		return err
	}
	if said {
		if err := summarizeWords(w, received); err != nil {
			return err
		}
	}
	live.linger(ctx, stderr)
	return nil
}

// listen subscribes to the demo's stream and prints it until its end.
func listen(ctx context.Context, nc *nats.Conn, w io.Writer, said bool) (*event.Timeline, error) {
	timeline := new(event.Timeline)
	var printer interface{ Event(event.Event) error } = transcript.New(w, transcript.Options{})
	if said {
		printer = transcript.NewWords(w, transcript.Options{})
	}
	for msg, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{Streams: []string{demo.Name}}) {
		if err != nil {
			return timeline, err
		}
		if err := timeline.Apply(msg.Event); err != nil {
			return timeline, err
		}
		if err := printer.Event(msg.Event); err != nil {
			return timeline, err
		}
		if timeline.Ended() != nil {
			return timeline, nil
		}
	}
	return timeline, ctx.Err()
}

// summarize compares what was received with who really spoke.
func summarize(w io.Writer, t *event.Timeline, length, took time.Duration) error {
	segments := t.Segments()
	score, _, err := metrics.Compare(demo.Reference(), segments, metrics.Options{})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `
%d of %s, %s, received over NATS
DER %.1f %% of %.1f s of speech: %.1f missed, %.1f false alarm, %.1f confused
%.1f s of sound in %.2f s: %.0f × real time
`,
		score.HypSpeakers, count(score.RefSpeakers, "speaker"), count(len(segments), "turn"),
		score.DER(), score.Speech.Seconds(), score.MissRate(), score.FalseAlarmRate(), score.ConfusionRate(),
		length.Seconds(), took.Seconds(), length.Seconds()/took.Seconds())
	return err
}
