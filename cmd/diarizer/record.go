package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
)

// keeper keeps what a microphone hears in the file of --record. While it grows
// the file has a name that says so. A nil keeper keeps nothing.
type keeper struct {
	file   *outfile.File
	failed bool // which was said then
}

// newKeeper checks that the file can be written.
func newKeeper(files *results, path string) (*keeper, error) {
	f, err := files.Optional("--record", path)
	if f == nil {
		return nil, err
	}
	return &keeper{file: f}, nil
}

// record begins to keep what src yields.
func (k *keeper) record(src capture.Source, warn func(error)) (capture.Source, error) {
	if k == nil {
		return src, nil
	}
	path, err := k.file.Partial()
	if err != nil {
		return nil, err
	}
	return capture.Record(src, path, func(err error) {
		k.failed = true
		warn(err)
	})
}

// close gives the file its name when it is complete, as it is when somebody ended the
// meeting. Where the recording or the device failed, which is err, it keeps the one that says so.
func (k *keeper) close(ctx context.Context, err error) error {
	switch {
	case k == nil:
		return nil
	case k.failed:
		return k.file.Keep(&outfile.Error{Flag: "--record", Path: k.file.Path(), Err: errors.New("is not complete")})
	case err != nil && ctx.Err() == nil && !errors.Is(err, cli.ErrQuit):
		return k.file.Keep(nil)
	}
	return k.file.Commit()
}

// noRecording refuses arguments, which are recordings that somebody wants
// diarized.
func noRecording(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage("listen %s: it hears a microphone; for a recording: diarizer run %s", args[0], args[0])
}
