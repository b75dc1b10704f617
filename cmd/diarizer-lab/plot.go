package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
	"github.com/seed-7adb9000/diarizer/internal/lab/plot"
)

func newPlotCommand() *cobra.Command {
	var reference, recording, out string
	var force bool
	var opts plot.Options
	cmd := &cobra.Command{
		Use:   "plot [flags] FILE.rttm",
		Short: "Draw who spoke when",
		Long: `Draw who spoke when: a lane for each speaker, in colours that people of every
colour vision can tell apart. With --reference, each lane shows the reference
above and what was found below, and three more lanes show what was missed, what
was heard though nobody spoke, and where the speaker was confused with another.

The format of the picture, SVG or PNG, follows from the name of the output.`,
		Example: `  diarizer-lab plot meeting.rttm -o meeting.svg
  diarizer-lab plot found.rttm --reference meeting.rttm -o errors.png`,
		Args: cli.OneFile("plot", "FILE.rttm"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				out = strings.TrimSuffix(args[0], filepath.Ext(args[0])) + ".svg"
			}
			format := plot.Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(out), ".")))
			if out == outfile.Stdout {
				format = plot.SVG
			}
			if format != plot.SVG && format != plot.PNG {
				return cli.Usage("--output %s: expected a name that ends in .svg or .png, or - for an SVG on standard output", out)
			}
			files := cli.NewFiles(cmd.OutOrStdout(), cmd.ErrOrStderr(), force, true)
			file, err := files.One(cmd, "--output", out, args[0], reference)
			if err != nil {
				return err
			}
			turns, name, err := cli.ReadRecording(args[0], recording)
			if err != nil {
				return err
			}
			if reference != "" {
				// The only recording of a reference may have another name.
				opts.Reference, _, err = cli.ReadRecording(reference, recording)
				var several *cli.SeveralError
				if errors.As(err, &several) {
					opts.Reference, _, err = cli.ReadRecording(reference, name)
				}
				if err != nil {
					return err
				}
			}
			var picture bytes.Buffer
			if err := plot.Write(&picture, format, turns, opts); err != nil {
				return cli.As(cli.ExitUsage, fmt.Errorf("%s: %w", args[0], err))
			}
			return files.WriteOne(cmd, file, picture.Bytes())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&out, "output", "o", "", "write the picture to this `file`, .svg or .png (default: FILE.svg)")
	cli.ForceFlag(f, &force)
	f.StringVar(&reference, "reference", "", "mark what differs from this RTTM `file`")
	f.StringVar(&recording, "recording", "", "draw this `recording` of a file that holds several")
	f.StringVar(&opts.Title, "title", "", "headline (default: the recording's name)")
	f.IntVar(&opts.Width, "width", plot.DefaultWidth, "width in `pixels`; a PNG has twice as many")
	return cmd
}
