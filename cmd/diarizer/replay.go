package main

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/capture"
)

// replayFlags are the flags of "diarizer replay" that other commands that diarize do not
// have.
type replayFlags struct {
	sound    soundFlags
	jobs     int
	deep     bool
	fromNATS string
	follow   bool
	idle     time.Duration
	names    []string
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
  diarizer replay --channel each --names Alice,Bob call.wav
  diarizer replay --nats nats://localhost:4222 --from-nats diarizer.audio.v1.room1
  ffmpeg -i talk.mp4 -f wav - | diarizer replay --speed max -
  arecord -t raw -f S16_LE -r 16000 | diarizer replay --raw s16le:16000:1 -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case r.fromNATS != "" && len(args) > 0:
				return usage("--from-nats and %s: expected one of them", args[0])
			case r.fromNATS != "" && len(r.names) > 0:
				return usage("--names: expected it with a recording and --channel each")
			case r.fromNATS != "":
				return replayNATS(cmd, o, r)
			case len(args) == 0:
				return usage("no recording: name files or a directory, \"-\" for standard input, or --from-nats SUBJECT")
			case r.jobs < 0:
				return usage("--jobs %d: expected 1 or more", r.jobs)
			}
			speed, opts, err := r.sound.parse()
			if err != nil {
				return err
			}
			return replay(cmd, args, o, r, speed, opts, false)
		},
	}
	o.register(cmd.Flags())
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	r.sound.register(cmd.Flags())
	f := cmd.Flags()
	r.registerMany(f)
	namesFlag(f, &r.names)
	f.StringVar(&r.fromNATS, "from-nats", "", "take the sound from this subject of the server of --nats, such as diarizer.audio.v1.room1")
	f.BoolVar(&r.follow, "follow", false, "with --from-nats, go on when the sender stops and begins again")
	f.DurationVar(&r.idle, "idle", 0, "with --from-nats, end when nothing was heard for so long, such as 30s")
	return cmd
}

// registerMany registers the flags for several recordings.
func (r *replayFlags) registerMany(f *pflag.FlagSet) {
	f.IntVar(&r.jobs, "jobs", 0, "how many recordings run at once; 0 is all, or with --speed max one per processor")
	f.BoolVar(&r.deep, "recursive", false, "take the recordings in the directories below a directory too")
}

// replay diarizes recordings, each as a stream. With atEnd, the turns are printed at the end.
func replay(cmd *cobra.Command, args []string, o diarizeFlags, r replayFlags, speed capture.Speed, opts capture.Options, atEnd bool) (err error) {
	if len(r.names) > 0 {
		return replayChannels(cmd, args, o, r, speed, opts, atEnd)
	}
	found, err := findRecordings(args, opts, r.deep)
	if err != nil {
		return err
	}
	all := found.all
	several := len(all) > 1 || opts.Channel == capture.Each
	files, err := o.check(cmd, several, paths(all)...)
	if err != nil {
		return err
	}
	var ids claims
	if opts.Channel != capture.Each { // otherwise, the names wait until the channels are known
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
	out, err := o.open(cmd, files, cfg.Model)
	if err != nil {
		return err
	}
	defer func() { err = out.close(cmd.Context(), err) }()
	for _, note := range found.notes {
		out.say("%s\n", note)
	}
	one := &replayer{cmd: cmd, out: out, speed: speed, opts: opts, cfg: cfg, ids: &ids, jobs: r.jobs}
	if several {
		out.printStreams()
	}
	if atEnd {
		out.printAtEnd()
	}
	if len(all) == 1 {
		one.sayHow(all)
		return one.recording(all[0])
	}
	return one.several(all)
}
