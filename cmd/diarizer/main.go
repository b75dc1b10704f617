// Command diarizer says who spoke when, while they speak.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	ctx := untilSignal(context.Background())
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	began := false
	onRun(root, func() { began = true })
	err := root.ExecuteContext(ctx)
	if !began {
		err = as(exitUsage, err) // the command line was not understood
	}
	failures := told(ctx, err)
	for _, line := range lines(failures) {
		fmt.Fprintf(stderr, "diarizer: %s\n", line)
	}
	switch {
	case len(failures) > 0:
		return statusOf(failures)
	case ctx.Err() != nil:
		return exitInterrupted
	}
	return 0
}

// told are the errors of a command that a person has to be told. That they have
// ended it themselves is none, that something was lost then is one.
func told(ctx context.Context, err error) []error {
	var failures []error
	for _, e := range apart(err) {
		interrupted := ctx.Err() != nil && errors.Is(e, ctx.Err())
		if s := status(e); errors.Is(e, errQuit) || interrupted && s != exitOutput && s != exitServer {
			continue
		}
		failures = append(failures, e)
	}
	return failures
}
