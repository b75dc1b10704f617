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
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// exitInterrupted is the status of a run that the user ended with Ctrl-C,
// 128 + SIGINT as shells have it.
const exitInterrupted = 130

// run executes one command line and returns its exit status. The first signal
// drains: the open turn ends, everything known is written. The second aborts.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // restores the default action, so that a second signal kills
	}()

	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case err == nil:
		return 0
	case !errors.Is(err, errReported):
		fmt.Fprintf(stderr, "diarizer: %v\n", err)
	}
	return 1
}

// errReported ends a command whose errors have been printed already.
var errReported = errors.New("errors reported")
