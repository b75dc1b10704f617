package main

import (
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/seed-7adb9000/diarizer/internal/session/version"
)

// newManCommand makes "diarizer man".
func newManCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIRECTORY",
		Short: "Write the manual pages, one a command",
		Long: `Man writes the manual pages of all commands to a directory, as packages have them. Each
page has the text of --help.`,
		Example: `  diarizer man man1
  diarizer man ~/.local/share/man/man1`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return as(exitOutput, err)
			}
			root := newRootCommand()
			root.DisableAutoGenTag = true
			date := time.Unix(0, 0).UTC() // so that the pages of a program are always the same
			header := &doc.GenManHeader{Title: "DIARIZER", Section: "1", Source: "diarizer " + version.String(), Manual: "diarizer", Date: &date}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return as(exitOutput, err)
			}
			pages, err := fs.Glob(os.DirFS(args[0]), "diarizer*.1")
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "wrote %s to %s\n", count(len(pages), "manual page"), args[0])
			return nil
		},
	}
}
