package main

import (
	"context"
	"errors"
	"fmt"
	"io"
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

Whoever publishes events keeps them in a journal until the server has them.
What a program left there, because the server was away or because the program
died, is published by the next one with the same journal, or by
"diarizer journal flush".`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listJournal(cmd.OutOrStdout(), dir)
		},
	}
	cmd.PersistentFlags().StringVar(&dir, "journal", defaultJournal(), "directory of the journal")
	cmd.AddCommand(newFlushCommand(&dir))
	return cmd
}

// listJournal prints a line for every run in the journal.
func listJournal(w io.Writer, dir string) error {
	runs, err := publish.Journals(dir)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		_, err := fmt.Fprintf(w, "nothing in %s\n", dir)
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RUN\tSTREAM\tPUBLISHED\tWAITING\tBYTES\t")
	for _, r := range runs {
		state := ""
		switch {
		case r.InUse:
			state = "in use"
		case r.Resumable:
			state = "may go on"
		}
		stream := r.Stream
		if stream == "" {
			stream = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%s\n", r.Run, stream, r.Acked, r.Waiting, r.Size, state)
	}
	return table.Flush()
}

func newFlushCommand(dir *string) *cobra.Command {
	var (
		o      natsFlags
		url    string
		retain time.Duration
		within time.Duration
	)
	cmd := &cobra.Command{
		Use:   "flush",
		Short: "Publish the events that wait, in order and each once",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if within <= 0 || retain < 0 {
				return fmt.Errorf("--within %v, --retain %v: expected durations such as 1m", within, retain)
			}
			say := func(err error) { fmt.Fprintf(cmd.ErrOrStderr(), "diarizer: %v\n", err) }
			nc, err := o.connect(cmd.Context(), url, "diarizer journal flush", say)
			if err != nil {
				return err
			}
			defer nc.Close()
			ctx, cancel := context.WithTimeout(cmd.Context(), within)
			defer cancel()
			return flushJournal(ctx, cmd.OutOrStdout(), nc, *dir,
				publish.PublisherOptions{OnError: say, Stream: publish.StreamOptions{Retain: retain}})
		},
	}
	f := cmd.Flags()
	f.StringVar(&url, "nats", nats.DefaultURL, "URL of the NATS server")
	f.DurationVar(&retain, "retain", 0, "how long the NATS server keeps events (default 720h, or as its stream is configured)")
	f.DurationVar(&within, "within", 10*time.Minute, "how long to try")
	o.register(f)
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	return cmd
}

func flushJournal(ctx context.Context, w io.Writer, nc *nats.Conn, dir string, opts publish.PublisherOptions) error {
	n, err := publish.FlushJournals(ctx, nc, dir, opts)
	if _, failed := fmt.Fprintf(w, "%d events published from %s\n", n, dir); failed != nil {
		err = errors.Join(err, failed)
	}
	return err
}
