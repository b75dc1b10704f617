// Command diarizer says who spoke when, while they speak.
package main

import (
	"context"
	"io"
	"os"

	"github.com/seed-7adb9000/diarizer/internal/cli"
)

func main() {
	ctx := cli.UntilSignal(context.Background())
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return cli.Run(ctx, newRootCommand(), args, stdin, stdout, stderr)
}
