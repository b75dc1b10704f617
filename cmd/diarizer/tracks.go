package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/session/tracks"
)

// participant is a track of the command line.
type participant struct{ name, path string }

// participantsOf reads the values of --tracks: NAME=FILE, or a directory with a
// recording for everybody.
func participantsOf(values []string, opts capture.Options) (name string, all []participant, err error) {
	name = "meeting"
	for _, v := range values {
		if who, path, ok := strings.Cut(v, "="); ok {
			if who == "" || path == "" {
				return "", nil, usage("--tracks %q: expected NAME=FILE, such as Alice=alice.wav, or a directory", v)
			}
			all = append(all, participant{who, path})
			continue
		}
		info, err := os.Stat(v)
		if err != nil || !info.IsDir() || len(values) > 1 {
			return "", nil, usage("--tracks %q: expected NAME=FILE, such as Alice=alice.wav, or one directory with a recording for everybody", v)
		}
		found, err := findRecordings([]string{v}, opts, false)
		if err != nil {
			return "", nil, err
		}
		if whole, err := filepath.Abs(v); err == nil {
			name = rttm.RecordingName(filepath.Base(whole) + ".d")
		}
		for _, r := range found.all {
			all = append(all, participant{participantIn(r.path), r.path})
		}
	}
	seen := map[string]string{}
	for _, p := range all {
		if other, ok := seen[p.name]; ok {
			return "", nil, usage("--tracks: %s and %s are both of %s: expected a name a track", other, p.path, p.name)
		}
		seen[p.name] = p.path
	}
	if len(all) < 2 {
		return "", nil, usage("--tracks: %s: expected two or more", count(len(all), "track"))
	}
	return name, all, nil
}

// What recorders of meetings put around a participant's name.
var (
	craig = regexp.MustCompile(`^\d+-(.+?)(?:_\d+)?$`) // 1-alice_0.flac
	zoom  = regexp.MustCompile(`^audio(.+?)\d{8,}$`)   // audioAlice11234567890.m4a
)

// participantIn is who a file of a directory is of.
func participantIn(path string) string {
	name := rttm.RecordingName(path)
	for _, known := range []*regexp.Regexp{craig, zoom} {
		if m := known.FindStringSubmatch(name); m != nil {
			return m[1]
		}
	}
	return name
}

// runTracks makes a meeting of a recording for each participant.
func runTracks(cmd *cobra.Command, o diarizeFlags, r replayFlags, values []string) (err error) {
	_, opts, err := r.sound.parse()
	switch {
	case err != nil:
		return err
	case opts.Channel == capture.Each:
		return usage("--channel each: expected mix or a number with --tracks")
	case len(r.names) > 0:
		return usage("--names: expected it with --channel each; with --tracks a name stands before its file, as in Alice=a.wav")
	}
	name, all, err := participantsOf(values, opts)
	if err != nil {
		return err
	}
	paths := make([]string, len(all))
	list := make([]tracks.Track, len(all))
	recordings := make([]recording, len(all))
	for i, p := range all {
		paths[i], recordings[i] = p.path, newRecording(p.path)
		list[i] = tracks.Track{Name: p.name, Open: func(ctx context.Context) (capture.Source, error) { return capture.Open(ctx, p.path, opts) }}
	}
	jobs := r.jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	return meet(cmd, o, list, paths, tracks.Options{Stream: event.Token(name), Name: name, Jobs: jobs},
		func() time.Duration { return lengths(cmd.Context(), recordings, opts).sum })
}

// meet makes a meeting of tracks, which were read from paths, and tells of it.
func meet(cmd *cobra.Command, o diarizeFlags, list []tracks.Track, paths []string, opts tracks.Options, length func() time.Duration) (err error) {
	if o.speech != "" || o.utterances != "" || o.identify != "" {
		return usage("a track for each participant: expected it without --speech, --utterances and --identify")
	}
	files, err := o.check(cmd, false, paths...)
	if err != nil {
		return err
	}
	if opts.Pipeline, err = o.config(); err != nil {
		return err
	}
	out, err := o.open(cmd, files, opts.Pipeline.Model)
	if err != nil {
		return err
	}
	defer func() { err = out.close(cmd.Context(), err) }()
	out.printAtEnd()
	opts.OnProgress = out.bar.stream(length())
	result, err := tracks.Diarize(cmd.Context(), list, opts)
	if err != nil {
		out.fail()
		return err
	}
	tl := &event.Timeline{}
	for _, e := range result.Events {
		out.files.event(e)
		if err := errors.Join(tl.Apply(e), out.bar.print(func() error { return out.tell(cmd.Context(), e) })); err != nil {
			return err
		}
	}
	out.timelines = append(out.timelines, tl)
	for i, d := range result.Leaked {
		if d >= time.Second {
			out.say("%s: %v of speech that other microphones heard better is told once\n", list[i].Name, d.Round(time.Second/10))
		}
	}
	return nil
}
