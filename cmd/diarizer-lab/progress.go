package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/cli/outfile"
)

// making has the flags of the commands that make a file from recordings.
type making struct {
	data, out string
	force     bool
}

// flags adds the flags; what names the file that is written.
func (m *making) flags(cmd *cobra.Command, what string) {
	f := cmd.Flags()
	f.StringVar(&m.data, "data", "", "directory with the recordings")
	f.StringVar(&m.out, "out", "", what+" file to write")
	cli.ForceFlag(f, &m.force)
	_ = cmd.MarkFlagRequired("data")
	_ = cmd.MarkFlagRequired("out")
}

// file returns the file to write.
func (m *making) file(cmd *cobra.Command) (*cli.Files, *outfile.File, error) {
	files := cli.NewFiles(cmd.OutOrStdout(), cmd.ErrOrStderr(), m.force, false)
	file, err := files.One(cmd, "--out", m.out)
	return files, file, err
}

// progressBars shows each stage of a training: as a bar where standard error is a terminal,
// as a line elsewhere.
type progressBars struct{ cmd *cobra.Command }

// Start opens the bar of a stage.
func (p *progressBars) Start(stage string, total int) func(int) {
	w := p.cmd.ErrOrStderr()
	if f, ok := w.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		fmt.Fprintf(w, "%s (%d)\n", stage, total)
		return func(int) {}
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetDescription(fmt.Sprintf("%-14s", stage)),
		progressbar.OptionSetWriter(w), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetWidth(30), progressbar.OptionOnCompletion(func() { fmt.Fprintln(w) }))
	return func(n int) { _ = bar.Add(n) } // a bar that cannot be drawn does not matter
}
