package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/publish"
)

// replayFlags are the flags of "diarizer replay" beyond those of all commands
// that diarize.
type replayFlags struct {
	sound    soundFlags
	jobs     int
	fromNATS string
	follow   bool
	idle     time.Duration
}

// newReplayCommand makes "diarizer replay".
func newReplayCommand() *cobra.Command {
	var (
		o diarizeFlags
		r replayFlags
	)
	cmd := &cobra.Command{
		Use:   "replay [flags] FILE|DIRECTORY|-...",
		Short: "Diarize recordings as if they were live",
		Long: `Diarize recordings as if they were live.

WAV, FLAC, MP3 and Ogg Opus of any sample rate and channel count are read as they
are, other formats through ffmpeg where it is installed; "-" is standard input, and
a directory means the recordings in it. Each recording is a stream of its own, and
several run at once, see --jobs. Turns are published to NATS while they happen, by
default to a server of the program's own, and printed.

With --from-nats the sound itself comes over NATS, from "diarizer send" or any
other program that sends packets as docs/ingest.md has them.`,
		Example: `  diarizer replay --speed max --rttm meeting.rttm meeting.flac
  diarizer replay --speed max --rttm all.rttm recordings/
  diarizer replay --channel each call.wav
  diarizer replay --nats nats://localhost:4222 --from-nats diarizer.audio.v1.room1
  ffmpeg -i talk.mp4 -f wav - | diarizer replay --speed max -
  arecord -t raw -f S16_LE -r 16000 | diarizer replay --raw s16le:16000:1 -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case r.fromNATS != "" && len(args) > 0:
				return fmt.Errorf("--from-nats and %s: expected one of them", args[0])
			case r.fromNATS != "":
				return replayNATS(cmd, o, r)
			case len(args) == 0:
				return fmt.Errorf("no recording: name files or a directory, \"-\" for standard input, or --from-nats SUBJECT")
			case r.jobs < 0:
				return fmt.Errorf("--jobs %d: expected 1 or more", r.jobs)
			}
			speed, opts, err := r.sound.parse()
			if err != nil {
				return err
			}
			return replay(cmd, args, o, r.jobs, speed, opts)
		},
	}
	o.register(cmd.Flags())
	r.sound.register(cmd.Flags())
	f := cmd.Flags()
	f.IntVar(&r.jobs, "jobs", 0, "how many recordings run at once; 0 is all, or with --speed max one per processor")
	f.StringVar(&r.fromNATS, "from-nats", "", "take the sound from this subject of the server of --nats, such as diarizer.audio.v1.room1")
	f.BoolVar(&r.follow, "follow", false, "with --from-nats, go on when the sender stops and begins again")
	f.DurationVar(&r.idle, "idle", 0, "with --from-nats, end when nothing was heard for so long, such as 30s")
	return cmd
}

// replay diarizes recordings, each as a stream.
func replay(cmd *cobra.Command, paths []string, o diarizeFlags, jobs int, speed capture.Speed, opts capture.Options) (err error) {
	all, err := findRecordings(paths, opts)
	if err != nil {
		return err
	}
	var ids claims
	if opts.Channel != capture.Each { // otherwise when the channels are known
		for _, r := range all {
			if err := ids.claim(r); err != nil {
				return err
			}
		}
	}
	cfg, err := o.config()
	if err != nil {
		return err
	}
	out, err := o.open(cmd)
	if err != nil {
		return err
	}
	defer func() { err = firstError(err, out.close()) }()
	one := &replayer{cmd: cmd, out: out, speed: speed, opts: opts, cfg: cfg, ids: &ids}
	if len(all) == 1 {
		if opts.Channel == capture.Each {
			out.printStreams()
		}
		return one.recording(all[0])
	}
	out.printStreams()
	return one.several(all, jobs)
}

// replayer is what all recordings of a command have in common.
type replayer struct {
	cmd   *cobra.Command
	out   *output
	speed capture.Speed
	opts  capture.Options
	cfg   pipeline.Config
	ids   *claims
}

// several diarizes recordings at once. One that fails is named and does not
// stop the others.
func (p *replayer) several(all []recording, jobs int) error {
	ctx := p.cmd.Context()
	if jobs == 0 {
		jobs = len(all)
		if p.speed == capture.MaxSpeed {
			jobs = runtime.GOMAXPROCS(0)
		}
	}
	p.out.bar.recordings(len(all))
	var g, scan errgroup.Group
	if p.out.bar.shown {
		scan.Go(func() error {
			p.out.bar.total(totalLength(ctx, all, p.opts))
			return nil
		})
	}
	g.SetLimit(jobs)
	failed := make([]bool, len(all))
	for i, r := range all {
		g.Go(func() error {
			if ctx.Err() != nil {
				return nil
			}
			if err := p.recording(r); err != nil && ctx.Err() == nil {
				failed[i] = true
				p.out.warn(err)
			}
			p.out.bar.finished()
			return nil
		})
	}
	_ = g.Wait() // failures are in failed
	_ = scan.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	heard, took := p.out.bar.sum()
	p.out.bar.end()
	p.out.say("%d recordings, %v of sound in %v: %.0f × real time\n",
		len(all), heard.Round(time.Second), took.Round(time.Second/10), heard.Seconds()/took.Seconds())
	n := 0
	for _, f := range failed {
		if f {
			n++
		}
	}
	if n > 0 {
		return fmt.Errorf("%d of %d recordings failed", n, len(all))
	}
	return nil
}

// recording diarizes one recording, or all its channels at once.
func (p *replayer) recording(r recording) error {
	sources, err := openRecordings(p.cmd, r.path, p.opts)
	if err != nil {
		return err
	}
	// Channels of one pipe wait for each other, so a failure of one ends all.
	g, ctx := errgroup.WithContext(p.cmd.Context())
	for _, src := range sources {
		id := r
		if p.opts.Channel == capture.Each {
			id = r.channel(src.Channel())
			if err := p.ids.claim(id); err != nil {
				g.Go(func() error { return firstError(err, src.Close()) })
				continue
			}
		}
		g.Go(func() error { return p.one(ctx, id, src) })
	}
	return g.Wait()
}

// one diarizes one stream and closes its source.
func (p *replayer) one(ctx context.Context, id recording, src *capture.Recording) error {
	cfg, err := p.out.flags.given(p.cfg, id.name)
	if err != nil {
		return firstError(err, src.Close())
	}
	length, _ := src.Duration()
	err = p.out.run(ctx, capture.NewReplay(src, p.speed, nil), session.Options{
		Stream:   id.stream,
		Source:   publish.Source{Name: id.name},
		Pipeline: cfg,
	}, length)
	err = firstError(err, src.Close())
	if w := src.Warning(); w != nil {
		p.out.warn(w)
	}
	return err
}
