// Command diarizer says who spoke when, while they speak.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// The first signal drains: the open turn ends, everything known is
	// written. The second aborts.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // restores the default action of signals
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// exitInterrupted is the status of a run that the user ended with Ctrl-C,
// 128 + SIGINT as shells have it.
const exitInterrupted = 130

// run executes one command line and returns its exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case (err == nil || errors.Is(err, errQuit)) && ctx.Err() == nil:
		return 0
	case ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())):
		return exitInterrupted
	case !errors.Is(err, errReported):
		fmt.Fprintf(stderr, "diarizer: %v\n", err)
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return 1
}

// errReported ends a command whose errors have been printed already.
var errReported = errors.New("errors reported")
