package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/show/export"
)

// newConvertCommand makes "diarizer convert".
func newConvertCommand() *cobra.Command {
	var recording string
	var force bool
	cmd := &cobra.Command{
		Use:   "convert [flags] IN.rttm|IN.jsonl|- OUT...",
		Short: "Write who spoke when in other formats",
		Long: `Write who spoke when in other formats. IN is an RTTM file, or events as lines of
JSON, which --json and --out FILE.jsonl of other commands write; "-" is standard
input. Each OUT has the format of its name: ` + export.Endings() + `;
vtt:FILE says the format where the name does not, and vtt:- is standard output.

Of several runs of a stream, the latest counts. An RTTM file has no confidences,
so that there are none in what is made of it.`,
		Example: `  diarizer convert meeting.rttm meeting.vtt meeting.html
  diarizer convert all.rttm --recording monday monday.srt
  diarizer watch --stream standup --json --until-end | diarizer convert - csv:-`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return fmt.Errorf("convert: %s named: expected IN.rttm or IN.jsonl and one OUT or more", count(len(args), "file"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runConvert(cmd, args[0], args[1:], recording, force)
		},
	}
	f := cmd.Flags()
	f.StringVar(&recording, "recording", "", "take this `recording` or stream of several")
	cli.ForceFlag(f, &force)
	return cmd
}

// runConvert reads in and writes it to every file of outs.
func runConvert(cmd *cobra.Command, in string, outs []string, recording string, force bool) error {
	files := newResults(cmd.OutOrStdout(), cmd.ErrOrStderr(), force, true)
	if err := files.Read(cmd, "what is read", in); err != nil {
		return err
	}
	say := func(err error) { fmt.Fprintf(cmd.ErrOrStderr(), "diarizer: %v\n", err) }
	timelines, err := readTimelines(cmd.Context(), cmd.InOrStdin(), in, say)
	if err != nil {
		return err
	}
	if timelines, err = choose(in, timelines, recording); err != nil {
		return err
	}
	if err := files.out("output", outs, len(timelines) > 1); err != nil {
		return err
	}
	if len(files.events) > 0 {
		return usage("output %s: expected a name that ends in %s", files.events[0].Path(), export.Endings())
	}
	err = files.write(whole, timelines, nil)
	cli.TellFiles(files.Set, func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format, args...) })
	return err
}

// writtenOnly are the endings of formats that this program writes and cannot read.
var writtenOnly = []string{".vtt", ".srt", ".csv", ".eaf", ".json", ".html"}

// readTimelines reads the timelines in a file, which holds RTTM or events as lines of JSON.
func readTimelines(ctx context.Context, stdin io.Reader, path string, say func(error)) ([]*event.Timeline, error) {
	r, name := stdin, "standard input"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r, name = f, path
	}
	br := bufio.NewReader(r)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	all, err := timelinesOf(br, name, say)
	if err != nil && path != "-" {
		if is, failed := capture.IsRecording(path); failed == nil && is {
			return nil, cli.DiarizeFirst(path)
		}
		if ext := strings.ToLower(filepath.Ext(path)); slices.Contains(writtenOnly, ext) {
			err = fmt.Errorf("%s: turns are not read back from %s: expected the .rttm or .jsonl that --out writes", path, ext)
		}
	}
	if err == nil && len(all) == 0 {
		err = errors.New(name + ": no SPEAKER line and no event: nobody speaks")
	}
	return all, as(exitInput, err)
}

// timelinesOf reads RTTM, or events as lines of JSON. name stands for br in errors.
func timelinesOf(br *bufio.Reader, name string, say func(error)) ([]*event.Timeline, error) {
	head, _ := br.Peek(512) // what cannot be read is said below
	if bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n\ufeff"), []byte("{")) {
		return export.FromEvents(br, name, say)
	}
	segments, err := rttm.Read(br, name)
	if err != nil {
		return nil, err
	}
	return export.FromRTTM(segments)
}

// choose returns the timeline of the recording of that name, or all where no name is given.
func choose(path string, all []*event.Timeline, recording string) ([]*event.Timeline, error) {
	if recording == "" {
		return all, nil
	}
	var names []string
	for _, t := range all {
		if t.Recording() == recording || t.Stream() == recording {
			return []*event.Timeline{t}, nil
		}
		names = append(names, t.Recording())
	}
	slices.Sort(names)
	return nil, as(exitUsage, &cli.SeveralError{Path: path, Wanted: recording, Names: names})
}
