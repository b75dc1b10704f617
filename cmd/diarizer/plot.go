package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/outfile"
	"github.com/seed-7adb9000/diarizer/internal/plot"
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
		Example: `  diarizer plot meeting.rttm -o meeting.svg
  diarizer plot found.rttm --reference meeting.rttm -o errors.png`,
		Args: oneFile("plot", "FILE.rttm"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				out = strings.TrimSuffix(args[0], filepath.Ext(args[0])) + ".svg"
			}
			format := plot.Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(out), ".")))
			if out == outfile.Stdout {
				format = plot.SVG
			}
			if format != plot.SVG && format != plot.PNG {
				return usage("--output %s: expected a name that ends in .svg or .png, or - for an SVG on standard output", out)
			}
			files := newResults(cmd.OutOrStdout(), cmd.ErrOrStderr(), force, true)
			file, err := files.one(cmd, "--output", out, args[0], reference)
			if err != nil {
				return err
			}
			turns, name, err := readRecording(args[0], recording)
			if err != nil {
				return err
			}
			if reference != "" {
				// The recording may have another name there if it is the only one.
				opts.Reference, _, err = readRecording(reference, recording)
				var several *severalError
				if errors.As(err, &several) {
					opts.Reference, _, err = readRecording(reference, name)
				}
				if err != nil {
					return err
				}
			}
			var picture bytes.Buffer
			if err := plot.Write(&picture, format, turns, opts); err != nil {
				return as(exitUsage, fmt.Errorf("%s: %w", args[0], err))
			}
			return files.writeOne(cmd, file, picture.Bytes())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&out, "output", "o", "", "write the picture to this `file`, .svg or .png (default: FILE.svg)")
	forceFlag(f, &force)
	f.StringVar(&reference, "reference", "", "mark what differs from this RTTM `file`")
	f.StringVar(&recording, "recording", "", "draw this `recording` of a file that holds several")
	f.StringVar(&opts.Title, "title", "", "headline (default: the recording's name)")
	f.IntVar(&opts.Width, "width", plot.DefaultWidth, "width in `pixels`; a PNG has twice as many")
	return cmd
}

// oneFile wants exactly one argument.
func oneFile(command, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s: %d files named: expected one %s", command, len(args), what)
		}
		return nil
	}
}

// severalError is a file with several recordings of which none was chosen.
type severalError struct {
	path, wanted string
	names        []string
}

func (e *severalError) Error() string {
	names := e.names
	if len(names) > 5 {
		names = append(slices.Clone(names[:5]), "…")
	}
	list := strings.Join(names, ", ")
	if e.wanted != "" {
		return fmt.Sprintf("%s: no recording %q: expected one of %s", e.path, e.wanted, list)
	}
	return fmt.Sprintf("%s: %d recordings: choose one with --recording: %s", e.path, len(e.names), list)
}

// readRecording reads the turns of the recording of that name from an RTTM
// file, or of its only one where name is empty, and returns its name too.
func readRecording(path, name string) ([]rttm.Segment, string, error) {
	segments, err := readLines(path)
	if err != nil {
		return nil, "", err
	}
	if len(segments) == 0 {
		return nil, "", inputError("%s: no SPEAKER line: nobody speaks", path)
	}
	var names []string
	for _, s := range segments {
		if !slices.Contains(names, s.File) {
			names = append(names, s.File)
		}
	}
	if name == "" && len(names) > 1 || name != "" && !slices.Contains(names, name) {
		return nil, "", as(exitUsage, &severalError{path, name, names})
	}
	name = cmp.Or(name, names[0])
	return slices.DeleteFunc(segments, func(s rttm.Segment) bool { return s.File != name }), name, nil
}
