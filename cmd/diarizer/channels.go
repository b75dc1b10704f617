package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-7adb9000/diarizer/capture"
)

// namesFlag registers --names.
func namesFlag(f *pflag.FlagSet, names *[]string) {
	f.StringSliceVar(names, "names", nil, "with --channel each, the participant of each channel; the channels are then one meeting: Alice,Bob")
}

// replayChannels diarizes the channels of one recording as one meeting. Each channel is a
// participant.
func replayChannels(cmd *cobra.Command, args []string, o diarizeFlags, r replayFlags, speed capture.Speed, opts capture.Options, atEnd bool) error {
	if err := checkNames(r.names); err != nil {
		return err
	}
	switch {
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
	return conference{recording: rec, paths: []string{rec.path}, names: r.names, speed: speed, atEnd: atEnd,
		open: func(context.Context) ([]*capture.Recording, error) { return openChannels(cmd, rec.path, r.names, opts) }}.run(cmd, o)
}
