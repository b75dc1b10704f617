// Package cli has what the programs of this module share: exit statuses, errors told line by line,
// errors of flags, signals, the files that a command writes, and models.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
)

// ErrQuit says that the user has ended the command in its view, which is no failure.
var ErrQuit = errors.New("ended by the user")

// Run executes one command line of a program and returns its exit status.
func Run(ctx context.Context, root *cobra.Command, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(flagError)
	began := false
	onRun(root, func() { began = true })
	err := root.ExecuteContext(ctx)
	if !began {
		err = As(ExitUsage, err) // the command line was not understood
	}
	failures := Told(ctx, err)
	for _, line := range Lines(failures) {
		fmt.Fprintf(stderr, "%s: %s\n", root.Name(), line)
	}
	switch {
	case len(failures) > 0:
		return StatusOf(failures)
	case ctx.Err() != nil:
		return ExitInterrupted
	case slices.ContainsFunc(Apart(err), ReaderGone):
		return ExitReaderGone
	}
	return 0
}

// Told are the errors of a command that a person has to be told. That the person has
// ended the command is no such error, and neither is that the reader of standard output
// has gone. What was lost at the end is one.
func Told(ctx context.Context, err error) []error {
	var failures []error
	for _, e := range Apart(err) {
		interrupted := ctx.Err() != nil && errors.Is(e, ctx.Err())
		if s := Status(e); errors.Is(e, ErrQuit) || ReaderGone(e) || interrupted && s != ExitOutput && s != ExitServer {
			continue
		}
		failures = append(failures, e)
	}
	return failures
}
