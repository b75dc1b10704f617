package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/rttm"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/publish"
)

// newReplayCommand makes "diarizer replay".
func newReplayCommand() *cobra.Command {
	var (
		o     diarizeFlags
		speed string
		raw   string
	)
	cmd := &cobra.Command{
		Use:   "replay [flags] FILE...",
		Short: "Diarize recordings as if they were live",
		Long: `Diarize recordings as if they were live.

WAV and FLAC of any sample rate and channel count are read as they are, other
formats through ffmpeg where it is installed; "-" is standard input. Turns are
published to NATS while they happen, by default to a server of the program's
own, and printed.`,
		Example: `  diarizer replay --speed max --rttm meeting.rttm meeting.flac
  diarizer replay --nats nats://localhost:4222 call.wav
  ffmpeg -i talk.mp4 -f wav - | diarizer replay --speed max -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			sp, err := capture.ParseSpeed(speed)
			if err != nil {
				return fmt.Errorf("--speed: %w", err)
			}
			opts := capture.Options{}
			if raw != "" {
				r, err := capture.ParseRaw(raw)
				if err != nil {
					return fmt.Errorf("--raw: %w", err)
				}
				opts.Raw = &r
			}
			return replay(cmd, args, o, sp, opts)
		},
	}
	o.register(cmd.Flags())
	cmd.Flags().StringVar(&speed, "speed", "1", "1 as it was spoken, N times as fast, or max")
	cmd.Flags().StringVar(&raw, "raw", "", "the files are samples without a header, such as s16le:16000:1")
	return cmd
}

// replay diarizes the recordings one after the other.
func replay(cmd *cobra.Command, paths []string, o diarizeFlags, speed capture.Speed, opts capture.Options) (err error) {
	cfg, err := o.config()
	if err != nil {
		return err
	}
	out, err := o.open(cmd)
	if err != nil {
		return err
	}
	defer func() { err = firstError(err, out.close(cmd.Context(), err)) }()
	names := streamNames(paths)
	for i, path := range paths {
		src, err := openRecording(cmd, path, opts)
		if err != nil {
			return err
		}
		name := rttm.RecordingName(path)
		err = replayOne(cmd.Context(), out, src, speed, cfg, name, names[i])
		err = firstError(err, src.Close())
		if w := src.Warning(); w != nil {
			out.warn(w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func replayOne(ctx context.Context, out *output, src *capture.Recording, speed capture.Speed, cfg pipeline.Config, name, stream string) error {
	cfg, err := out.flags.given(cfg, name)
	if err != nil {
		return err
	}
	length, _ := src.Duration()
	return out.run(ctx, capture.NewReplay(src, speed, nil), session.Options{
		Stream:   stream,
		Source:   publish.Source{Name: name},
		Pipeline: cfg,
	}, length)
}

// openRecording opens a file or, for "-", standard input.
func openRecording(cmd *cobra.Command, path string, opts capture.Options) (*capture.Recording, error) {
	ctx := cmd.Context()
	if path == "-" {
		return capture.OpenReader(ctx, cmd.InOrStdin(), "standard input", opts)
	}
	return capture.Open(ctx, path, opts)
}

// streamNames makes a stream id of each path. Recordings of the same name are
// told apart by a number.
func streamNames(paths []string) []string {
	seen := make(map[string]int)
	out := make([]string, len(paths))
	for i, p := range paths {
		if p == "-" {
			p = "stdin"
		}
		id := publish.StreamID(p)
		if seen[id]++; seen[id] > 1 {
			id = fmt.Sprintf("%s-%d", id, seen[id])
		}
		out[i] = id
	}
	return out
}
