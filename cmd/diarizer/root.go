package main

import (
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/internal/session/version"
)

// group is a group of commands in the help.
type group struct {
	id, title string
	commands  []*cobra.Command
}

// newRootCommand assembles the command tree. Each command has a file of its own.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "diarizer",
		Short: "Says who spoke when, while they speak",
		Long: `Says who spoke when, while they speak.

Exit status: 0, or 2 for a command line that cannot be understood, 3 for what
cannot be read, 4 for what cannot be written, 5 for a server that does not answer,
130 after Ctrl-C, which writes everything that is known, 141 where the reader of
standard output has gone, and 1 for all else.`,
		Example: `  diarizer demo
  diarizer run meeting.flac
  diarizer listen --out meeting.vtt`,
		Version:       version.String(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	for _, g := range []group{
		{"diarize", "Diarize:", []*cobra.Command{newRunCommand(), newListenCommand(), newReplayCommand(), newDemoCommand(), newDevicesCommand()}},
		{"results", "Work with results:", []*cobra.Command{newNameCommand(), newMergeCommand(), newGiveCommand(), newSplitCommand(), newUndoCommand(), newMarkCommand(), newConvertCommand(), newScoreCommand(), newWordsCommand()}},
		{"follow", "Follow what others publish:", []*cobra.Command{newWatchCommand(), newViewCommand(), newStatsCommand(), newJournalCommand()}},
		{"many", "Many streams, many machines:", []*cobra.Command{newWebCommand(), newServeCommand(), newSendCommand(), newStreamsCommand(), newEnrollCommand()}},
	} {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.id
			root.AddCommand(c)
		}
	}
	root.AddGroup(&cobra.Group{ID: "about", Title: "About the program:"})
	for _, c := range []*cobra.Command{newConfigCommand(), newVersionCommand(), newManCommand()} {
		c.GroupID = "about"
		root.AddCommand(c)
	}
	configure(root)
	root.SetHelpCommandGroupID("about")
	root.SetCompletionCommandGroupID("about")
	complete(root)
	return root
}
