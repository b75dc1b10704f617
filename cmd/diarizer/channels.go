package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/session/tracks"
)

// namesFlag registers --names.
func namesFlag(f *pflag.FlagSet, names *[]string, of string) {
	f.StringSliceVar(names, "names", nil, of)
}

// checkNames checks the names of participants.
func checkNames(names []string) error {
	seen := map[string]bool{}
	for _, n := range names {
		if strings.TrimSpace(n) == "" {
			return usage("--names %q: a name is empty: expected one for every channel, such as Alice,Bob", strings.Join(names, ","))
		}
		if seen[n] {
			return usage("--names %s: %s is there twice: expected a name a channel", strings.Join(names, ","), n)
		}
		seen[n] = true
	}
	return nil
}

// runChannels makes a meeting of the channels of one recording, a participant each.
func runChannels(cmd *cobra.Command, o diarizeFlags, r replayFlags, args []string) (err error) {
	_, opts, err := r.sound.parse()
	if err == nil {
		err = checkNames(r.names)
	}
	switch {
	case err != nil:
		return err
	case opts.Channel != capture.Each:
		return usage("--names: expected it with --channel each, which makes every channel a participant")
	case len(args) > 1:
		return usage("--names: expected one recording, the channels of which are participants; there are %d", len(args))
	}
	found, err := findRecordings(args, opts, r.deep)
	if err != nil {
		return err
	}
	if len(found.all) != 1 || found.all[0].path != args[0] {
		return usage("--names: expected a recording, the channels of which are participants; %s is a directory", args[0])
	}
	rec := found.all[0]
	sources, err := openRecordings(cmd, rec.path, opts)
	if err != nil {
		return err
	}
	opened := make([]bool, len(sources)) // by the meeting, which closes what it opens
	defer func() {
		for i, src := range sources {
			if !opened[i] {
				err = errors.Join(err, src.Close())
			}
		}
	}()
	if len(sources) != len(r.names) {
		return usage("--names %s: %s for %s: expected a name for each channel of %s", strings.Join(r.names, ","),
			count(len(r.names), "name"), count(len(sources), "channel"), rec.path)
	}
	list := make([]tracks.Track, len(sources))
	var length time.Duration
	for i, src := range sources {
		d, _ := src.Duration()
		length += d
		list[i] = tracks.Track{Name: r.names[i], Open: func(context.Context) (capture.Source, error) {
			opened[i] = true
			return src, nil
		}}
	}
	// Channels of a pipe wait for each other, so that all are heard at once.
	return meet(cmd, o, list, []string{rec.path}, tracks.Options{Stream: rec.stream, Name: rec.name, Jobs: len(list)},
		func() time.Duration { return length })
}
