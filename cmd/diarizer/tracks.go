package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// participant is a track of the command line.
type participant struct{ name, path string }

// participantsOf reads the values of --tracks: NAME=FILE, or a directory with a recording for
// each participant.
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

// How recorders of meetings name the file of a participant.
var (
	craig = regexp.MustCompile(`^\d+-(.+?)(?:_\d+)?$`) // 1-alice_0.flac
	zoom  = regexp.MustCompile(`^audio(.+?)\d{8,}$`)   // audioAlice11234567890.m4a
)

// participantIn is the name of the participant that a file of a directory belongs to.
func participantIn(path string) string {
	name := rttm.RecordingName(path)
	for _, known := range []*regexp.Regexp{craig, zoom} {
		if m := known.FindStringSubmatch(name); m != nil {
			return m[1]
		}
	}
	return name
}

// runTracks diarizes a meeting with a recording for each participant.
func runTracks(cmd *cobra.Command, o diarizeFlags, r replayFlags, values []string) error {
	speed, opts, err := r.sound.parse()
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
	m := conference{recording: recording{name: name, stream: event.Token(name)}, speed: speed, atEnd: true,
		open: func(ctx context.Context) ([]*capture.Recording, error) { return openTracks(ctx, all, opts) }}
	for _, p := range all {
		m.paths, m.names = append(m.paths, p.path), append(m.names, p.name)
	}
	return m.run(cmd, o)
}
