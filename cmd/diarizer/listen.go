package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/capture/mic"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/session/tracks"
)

// listenFlags are the flags of listen that other commands that diarize do not have.
type listenFlags struct {
	devices         []string
	channel, record string
	stream, title   string
	rate            int
	names           []string
	resume          string
}

// newListenCommand makes "diarizer listen".
func newListenCommand() *cobra.Command {
	var (
		o diarizeFlags
		l listenFlags
	)
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Diarize what a microphone hears, live",
		Long: `Diarize what a microphone hears, live, until Ctrl-C. Turns are published to NATS
while they happen, by default to a server of the program's own, and printed.

A microphone that stalls or is unplugged is opened again when it is back. The time that
was missed is a gap, and the speakers keep their ids and names. Times follow the clock.
"diarizer devices" lists the microphones.

With several --device, or with --channel each, each microphone is a participant, with a
name of --names or the name of the device. Participants who speak at once are both told.
Speech that two microphones hear, such as that of a loudspeaker, is told once.
--max-speakers is then the number of speakers at each microphone, 1 by default.

The speakers, their names and the last ten seconds of sound are kept for a week in the
directory for state. After Ctrl-C or a crash, --resume NAME goes on with the stream of that
name and its speakers, with as many --device in the same order, or channels, as before. The
time that was missed is a gap.`,
		Example: `  diarizer listen
  diarizer listen --stream standup --title "Stand-up of team A" --nats nats://bus:4222
  diarizer listen --device "USB" --record meeting.flac --out meeting.vtt
  diarizer listen --device "USB" --device "Monitor" --names Ada,Others
  diarizer listen --resume standup --out standup.vtt
  diarizer listen --resume call --device "USB" --device "Monitor"
  diarizer listen --nats nats://localhost:4222 --json`,
		Args: noRecording,
		RunE: func(cmd *cobra.Command, _ []string) error { return listenTo(cmd, o, l) },
	}
	f := cmd.Flags()
	o.publish.wait = forever // the meeting begins now, with or without a server
	o.register(f)
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	for _, name := range []string{"speech", "utterances"} {
		// Nobody knows where somebody will speak in a meeting that has not happened yet.
		_ = f.MarkHidden(name)
	}
	f.StringVar(&l.stream, "stream", "", "name of the stream, by which others follow it (default the host's name and the time)")
	f.StringVar(&l.title, "title", "", "title of the meeting, on the page and in files (default as --stream)")
	f.StringArrayVar(&l.devices, "device", nil, "microphone: its number, its name or a part of that, see diarizer devices (default the system's); may be repeated")
	f.IntVar(&l.rate, "rate", 0, "rate at which the microphone is asked to capture, in hertz (default its own)")
	f.StringVar(&l.channel, "channel", "mix", "which channel: mix of all, a number from 1 on, or each with a name of --names")
	f.StringSliceVar(&l.names, "names", nil, "participant at each of several microphones, or of each channel with --channel each: Ada,Grace")
	f.StringVar(&l.resume, "resume", "", "go on with the stream of this name, which was interrupted")
	f.StringVar(&l.record, "record", "", "record the microphone to this file, as FLAC")
	return cmd
}

// options checks the flags and returns the options of each microphone.
func (l *listenFlags) options() ([]mic.Options, error) {
	if l.rate < 0 {
		return nil, usage("--rate %d: expected a rate in hertz, such as 48000", l.rate)
	}
	channel, err := capture.ParseChannel(l.channel)
	if err != nil {
		return nil, usage("--channel: %w", err)
	}
	if err := checkNames(l.names); err != nil {
		return nil, err
	}
	devices := l.devices
	if len(devices) == 0 {
		devices = []string{""}
	}
	var all []mic.Options
	switch {
	case channel == capture.Each && len(devices) > 1:
		return nil, usage("--channel each: expected it with one --device; there are %d", len(devices))
	case channel == capture.Each && len(l.names) == 0:
		return nil, usage("--channel each: expected --names with a name for every channel, such as Ada,Grace")
	case channel == capture.Each:
		for i := range l.names {
			all = append(all, mic.Options{Device: devices[0], Rate: l.rate, Channel: capture.Channel(i + 1)})
		}
	default:
		for _, d := range devices {
			all = append(all, mic.Options{Device: d, Rate: l.rate, Channel: channel})
		}
	}
	switch n := len(all); {
	case len(l.names) > 0 && len(l.names) != n:
		return nil, usage("--names %s: %s for %s: expected one for each", strings.Join(l.names, ","), count(len(l.names), "name"), count(n, "microphone"))
	case n > tracks.Most:
		return nil, usage("%s: expected at most %d", count(n, "microphone"), tracks.Most)
	}
	return all, nil
}

// entitle gives a stream without a name one that is unique, so that the meetings of two
// machines on one bus, or two meetings of one machine, are not taken for one.
func (l *listenFlags) entitle(now time.Time) error {
	if l.stream == "" {
		host, _ := os.Hostname() // empty where the machine has no name
		host, _, _ = strings.Cut(host, ".")
		l.stream = event.Token(strings.Trim(host+now.Format("-2006-01-02-150405"), "-"))
	}
	if err := event.CheckStream(l.stream); err != nil {
		return usage("--stream: %w", err)
	}
	l.title = cmp.Or(strings.TrimSpace(l.title), l.stream)
	if err := event.CheckText("title", l.title, mostTitle); err != nil {
		return usage("--title: %w", err)
	}
	return nil
}

// mostTitle is the length of the longest title, in characters.
const mostTitle = 200

// listenTo diarizes a microphone until the context of cmd is done.
func listenTo(cmd *cobra.Command, o diarizeFlags, l listenFlags) (err error) {
	if o.speech != "" || o.utterances != "" {
		return usage("--speech and --utterances: expected with recordings only")
	}
	opts, err := l.options()
	if err != nil {
		return err
	}
	if len(opts) > 1 && o.identify != "" {
		return usage("--identify: expected it with one microphone")
	}
	from, err := l.resumed(len(opts))
	if err != nil {
		return err
	}
	if err := l.entitle(time.Now()); err != nil {
		return err
	}
	release, locked := sessionsIn().Lock(l.stream)
	if errors.Is(locked, saved.ErrBusy) {
		return usage("--stream %s: somebody diarizes a stream of this name already, on this machine: choose another name, or end that one", l.stream)
	}
	if locked == nil { // otherwise saving the session fails, and the error is told then
		defer func() { err = errors.Join(err, release()) }()
	}
	files, err := o.check(cmd, false)
	if err != nil {
		return err
	}
	keep, err := newKeeper(files, l.record)
	if err != nil {
		return err
	}
	host, err := mic.System()
	if err != nil {
		return as(exitInput, err)
	}
	cfg, err := o.config()
	if err != nil {
		return err
	}
	slow := ""
	if from != nil {
		if cfg, err = l.fit(from, cfg, cmd.Flags().Changed("model")); err != nil {
			return err
		}
	} else if !cmd.Flags().Changed("model") {
		if cfg.Model, slow, err = livable(cfg.Model, pace(cfg.Model)); err != nil {
			return err
		}
	}
	// The lines that the sound system writes to standard error are dropped. Those of
	// this program are not.
	stderr := cmd.ErrOrStderr()
	if stderr == os.Stderr {
		own, err := mic.Stderr()
		if err != nil {
			return err
		}
		defer own.Close()
		stderr = own
	}
	level := newLevelLine(stderr)
	cmd.SetErr(level)
	defer cmd.SetErr(stderr)
	defer level.off()
	out, err := o.open(cmd, files, cfg.Model)
	if err != nil {
		return err
	}
	out.live = true
	kept := &resumption{dir: sessionsIn(), from: from, warn: out.warn}
	if from != nil {
		kept.learnt = from.Learnt
	}
	kept.follow(out.voices)
	sweepSessions(out.warn)
	defer func() {
		err = errors.Join(out.close(cmd.Context(), err), kept.over(out, l.stream))
	}()
	if err := out.voices.goOn(from); err != nil {
		return inputError("--resume %s: %w", l.resume, err)
	}
	if slow != "" {
		out.warn(errors.New(slow))
	}
	if out.stderr != level || o.json {
		level.off()
	}
	return listenOn(cmd.Context(), host, opts, out, level, cfg, keep, l, kept)
}

// listenOn opens the microphones and diarizes them.
func listenOn(ctx context.Context, host mic.Host, opts []mic.Options, out *output, level *levelLine, cfg pipeline.Config, keep *keeper, l listenFlags, kept *resumption) (err error) {
	e, err := openEars(ctx, host, opts, l.names)
	if err != nil {
		return as(exitInput, err)
	}
	if err := kept.sit(e.places()); err != nil {
		return errors.Join(err, e.abandon())
	}
	hold := session.Options{Stream: l.stream, Source: event.Source{Name: l.title}, Pipeline: cfg}
	var begin int64
	hold.Keep, hold.Source.Origin, begin = kept.options(l.stream, e.origin)
	if err := e.begin(begin, savedEvery, kept.from); err != nil {
		return err
	}
	kept.say(out, begin)
	src, err := keep.record(e, out.warn)
	if err != nil {
		return errors.Join(err, e.Close())
	}
	said := e.tell(out)
	defer func() {
		closed := src.Close()
		err = errors.Join(err, closed, keep.close(ctx, errors.Join(err, closed)))
		if keep != nil {
			out.sounds.Add(l.stream, keep.file.Done().Path)
		}
		said.Wait()
		e.sum(out)
	}()
	if out.text != level { // whose Write clears the line itself
		print := out.print
		out.print = func(e event.Event) error { return level.around(func() error { return print(e) }) }
	}
	if e.room != nil {
		hold.Diarize, hold.Streams, hold.Called = e.room.Diarize, len(e.mics), e.room.Name
	}
	return out.run(ctx, level.source(src, e.name), hold, 0)
}
