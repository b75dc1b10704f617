package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
)

// keeper records a microphone to the file of --record. While the file grows, its name says
// that it is a part. A nil keeper records nothing.
type keeper struct {
	file   *outfile.File
	failed bool // whether a write failed, which was told then
}

// newKeeper checks that the file can be written.
func newKeeper(files *results, path string) (*keeper, error) {
	f, err := files.Optional("--record", path)
	if f == nil {
		return nil, err
	}
	return &keeper{file: f}, nil
}

// record returns src and records the sound that src yields.
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

// close gives the file its final name. The file is complete if the user ended the meeting.
// If the recording or the device failed with err, the file keeps the name of a part.
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

// noRecording refuses arguments of listen, which are probably recordings to be diarized.
func noRecording(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage("listen %s: it hears a microphone; for a recording: diarizer run %s", args[0], args[0])
}
