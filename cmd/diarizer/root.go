package main

import "github.com/spf13/cobra"

// newRootCommand assembles the command tree. Each command has a file of its own.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "diarizer",
		Short:         "Says who spoke when, while they speak",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newScoreCommand())
	root.AddCommand(newTrainCommand())
	root.AddCommand(newTrainVADCommand())
	root.AddCommand(newPlotCommand())
	root.AddCommand(newReportCommand())
	root.AddCommand(newDemoCommand())
	root.AddCommand(newReplayCommand())
	root.AddCommand(newSendCommand())
	root.AddCommand(newListenCommand())
	root.AddCommand(newDevicesCommand())
	root.AddCommand(newEvaluateCommand())
	root.AddCommand(newCompareCommand())
	root.AddCommand(newWatchCommand())
	root.AddCommand(newViewCommand())
	root.AddCommand(newJournalCommand())
	root.AddCommand(newStatsCommand())
	root.AddCommand(newServeCommand())
	root.AddCommand(newStreamsCommand())
	root.AddCommand(newBenchServeCommand())
	root.AddCommand(newEnrollCommand())
	root.AddCommand(newWordsCommand())
	return root
}
