package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/show/report"
)

func newReportCommand() *cobra.Command {
	var recording, out string
	var force bool
	var opts report.Options
	cmd := &cobra.Command{
		Use:   "report [flags] FILE.rttm",
		Short: "Write a page about who spoke when and how much",
		Long: `Write a page about who spoke when and how much: the timeline, shares of the talk
time, turns, the longest of them, and interruptions. It is one HTML file that
needs no network and runs no script, to keep or to send to others.`,
		Example: `  diarizer-lab report meeting.rttm -o meeting.html`,
		Args:    cli.OneFile("report", "FILE.rttm"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				out = strings.TrimSuffix(args[0], filepath.Ext(args[0])) + ".html"
			}
			files := cli.NewFiles(cmd.OutOrStdout(), cmd.ErrOrStderr(), force, true)
			file, err := files.One(cmd, "--output", out, args[0])
			if err != nil {
				return err
			}
			turns, _, err := cli.ReadRecording(args[0], recording)
			if err != nil {
				return err
			}
			opts.Source = filepath.Base(args[0])
			var page bytes.Buffer
			if err := report.Write(&page, turns, opts); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return files.WriteOne(cmd, file, page.Bytes())
		},
	}
	f := cmd.Flags()
	f.StringVarP(&out, "output", "o", "", "write the page to this `file` (default: FILE.html)")
	cli.ForceFlag(f, &force)
	f.StringVar(&recording, "recording", "", "report on this `recording` of a file that holds several")
	f.StringVar(&opts.Title, "title", "", "headline (default: the recording's name)")
	return cmd
}
