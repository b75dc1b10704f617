// Command diarizer-lab measures the diarizer, trains its models and draws what it finds.
package main

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/session/version"
)

func main() {
	ctx := cli.UntilSignal(context.Background())
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return cli.Run(ctx, newRootCommand(), args, stdin, stdout, stderr)
}

// newRootCommand assembles the command tree. Each command has a file of its own.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "diarizer-lab",
		Short: "Measures the diarizer, trains its models, draws what it finds",
		Long: `Measures the diarizer, trains its models, draws what it finds.

Exit statuses are those of "diarizer".`,
		Example: `  diarizer-lab evaluate --data DIR
  diarizer-lab plot meeting.rttm -o meeting.svg`,
		Version:       version.String(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newEvaluateCommand(), newCompareCommand(), newTrainCommand(), newTrainVADCommand(),
		newBenchServeCommand(), newSimulateCommand(), newPlotCommand(), newReportCommand())
	return root
}
