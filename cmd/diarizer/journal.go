package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/publish"
)

// newJournalCommand makes "diarizer journal".
func newJournalCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "journal",
		Short: "Show the events that wait for a NATS server",
		Long: `Show the events that wait for a NATS server.

A program that publishes events keeps them in a journal until the server has them.
What a program left there, because the server was away or because the program
died, is published by the next one with the same journal, or by
"diarizer journal flush".`,
		Example: `  diarizer journal
  diarizer journal flush --nats nats://bus:4222`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listJournal(cmd.OutOrStdout(), dir)
		},
	}
	cmd.PersistentFlags().StringVar(&dir, "journal", defaultJournal(), "directory of the journal")
	cmd.AddCommand(newFlushCommand(&dir))
	return cmd
}

// servers returns the directories in a journal, one for each server.
func servers(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("--journal: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// listJournal prints a line for every run in the journal.
func listJournal(w io.Writer, root string) error {
	names, err := servers(root)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	lines := 0
	var failed []error
	for _, name := range names {
		runs, err := publish.Journals(filepath.Join(root, name))
		failed = append(failed, err)
		for _, r := range runs {
			if lines++; lines == 1 {
				fmt.Fprintln(table, "SERVER\tRUN\tSTREAM\tPUBLISHED\tWAITING\tBYTES\t")
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%d\t%s\n", name, r.Run, cmp.Or(r.Stream, "-"), r.Acked, r.Waiting, r.Size, stateOf(r))
		}
	}
	if lines == 0 {
		fmt.Fprintf(table, "nothing in %s\n", root)
	}
	return errors.Join(append(failed, table.Flush())...)
}

func stateOf(r publish.Kept) string {
	switch {
	case r.InUse:
		return "in use"
	case r.Damage != nil:
		return "damaged"
	case r.Resumable && !r.Ended:
		return "may go on"
	}
	return ""
}

func newFlushCommand(dir *string) *cobra.Command {
	var (
		o      natsFlags
		url    string
		retain time.Duration
		within time.Duration
		from   string
	)
	cmd := &cobra.Command{
		Use:   "flush",
		Short: "Publish the events that wait for a server, in order and each once",
		Example: `  diarizer journal flush --nats nats://bus:4222
  diarizer journal flush --nats nats://new:4222 --from old-4222`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.context != "" {
				url = ""
			}
			if within <= 0 || retain < 0 {
				return usage("--within %v, --retain %v: expected durations such as 1m", within, retain)
			}
			say := func(err error) { fmt.Fprintf(cmd.ErrOrStderr(), "diarizer: %v\n", err) }
			nc, err := o.connect(cmd.Context(), url, "diarizer journal flush", say)
			if err != nil {
				return err
			}
			defer nc.Close()
			ctx, cancel := context.WithTimeout(cmd.Context(), within)
			defer cancel()
			return flushJournal(ctx, cmd.OutOrStdout(), nc, filepath.Join(*dir, cmp.Or(from, o.server(url))),
				publish.PublisherOptions{OnError: say, Stream: publish.StreamOptions{Retain: retain}})
		},
	}
	f := cmd.Flags()
	f.StringVar(&url, "nats", nats.DefaultURL, "URL of the NATS server")
	f.DurationVar(&retain, "retain", 0, "how long the NATS server keeps events (default 720h, or as its stream is configured)")
	f.DurationVar(&within, "within", 10*time.Minute, "how long to try")
	f.StringVar(&from, "from", "", "publish what was meant for this server, as \"diarizer journal\" names it (default the one connected to)")
	o.register(f)
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	return cmd
}

func flushJournal(ctx context.Context, w io.Writer, nc *nats.Conn, dir string, opts publish.PublisherOptions) error {
	n, err := publish.FlushJournals(ctx, nc, dir, opts)
	if _, failed := fmt.Fprintf(w, "%s published from %s\n", count(int(n), "event"), dir); failed != nil {
		err = errors.Join(err, failed)
	}
	return err
}
