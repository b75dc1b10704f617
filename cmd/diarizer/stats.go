package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/metrics/latency"
	"github.com/seed-7adb9000/diarizer/publish"
)

// statsOptions are the flags of stats.
type statsOptions struct {
	url     string
	nats    natsFlags
	streams []string
	json    bool
}

// newStatsCommand makes "diarizer stats".
func newStatsCommand() *cobra.Command {
	var o statsOptions
	cmd := &cobra.Command{
		Use:   "stats [flags] [FILE...]",
		Short: "Measure how long after a sound its events come",
		Long: `Measure how long after a sound its events come. The measurement needs the events alone:
those of the latest run of every stream that the NATS server keeps, or those in files that
"watch --json" or "replay --json" has written. "-" is standard input.

The latency in stream time is how much more sound had been heard when a decision was made.
It depends on the sound alone. The latency in wall-clock time adds the time of the machine.
It is left out for recordings that were replayed faster than they were spoken.`,
		Example: `  diarizer stats --nats nats://bus:4222 --stream standup
  diarizer replay --json --speed max meeting.flac | diarizer stats -`,
		RunE: func(cmd *cobra.Command, files []string) (err error) {
			s := &stats{runs: map[runKey]*latency.Run{}}
			if len(files) > 0 {
				err = s.files(cmd.InOrStdin(), files)
			} else {
				err = s.server(cmd.Context(), cmd.ErrOrStderr(), o)
			}
			return errors.Join(err, s.print(cmd.OutOrStdout(), o.json))
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.url, "nats", nats.DefaultURL, "URL of the NATS server")
	o.nats.register(f)
	f.StringSliceVar(&o.streams, "stream", nil, "stream to measure, may be repeated (default all)")
	f.BoolVar(&o.json, "json", false, "print a line of JSON for every run")
	cmd.MarkFlagsMutuallyExclusive("nats", "nats-context")
	return cmd
}

// stats measures runs, in the order of their first events.
type stats struct {
	runs  map[runKey]*latency.Run
	order []runKey
}

func (s *stats) of(e event.Event) *latency.Run {
	key := runKey{e.Stream, e.Run}
	if s.runs[key] == nil {
		s.runs[key] = &latency.Run{}
		s.order = append(s.order, key)
	}
	return s.runs[key]
}

func (s *stats) files(stdin io.Reader, paths []string) error {
	for _, path := range paths {
		if path == "-" {
			if err := s.lines(stdin, "standard input"); err != nil {
				return err
			}
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(s.lines(f, path), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// lines reads events as lines of JSON.
func (s *stats) lines(r io.Reader, name string) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	for line := 1; scanner.Scan(); line++ {
		if len(bytes.TrimSpace(scanner.Bytes())) == 0 {
			continue
		}
		e, err := event.Decode(scanner.Bytes())
		if err != nil {
			return inputError("%s:%d: %w", name, line, err)
		}
		s.of(e).Apply(e, time.Time{})
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// server reads the events of the latest runs that a server keeps.
func (s *stats) server(ctx context.Context, stderr io.Writer, o statsOptions) error {
	nc, err := o.nats.connect(ctx, o.url, "diarizer stats", func(err error) { fmt.Fprintf(stderr, "diarizer: %v\n", err) })
	if err != nil {
		return err
	}
	defer nc.Close()
	runs, err := publish.LatestRuns(ctx, nc, o.streams...)
	if err != nil {
		return fmt.Errorf("%s: %w", publish.Redact(o.url), err)
	}
	for _, r := range runs {
		if err := s.run(ctx, nc, stderr, r); err != nil {
			return err
		}
	}
	return nil
}

// run reads a run up to the last event that is stored now.
func (s *stats) run(ctx context.Context, nc *nats.Conn, stderr io.Writer, r publish.RunStart) error {
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{Streams: []string{r.Stream}, After: r.Number - 1}) {
		switch {
		case errors.Is(err, publish.ErrNotEvent):
		case errors.Is(err, event.ErrHole):
			fmt.Fprintf(stderr, "diarizer: %v\n", err)
		case err != nil:
			return err
		case m.Run == r.Run:
			s.of(m.Event).Apply(m.Event, m.Stored)
		}
		if m.Newest() {
			return nil
		}
	}
	return ctx.Err()
}

// print writes a table or lines of JSON.
func (s *stats) print(w io.Writer, asJSON bool) error {
	for _, key := range s.order {
		summary := s.runs[key].Summary()
		if asJSON {
			line, err := json.Marshal(summary)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(w, "%s\n", line); err != nil {
				return err
			}
			continue
		}
		if err := printSummary(w, summary); err != nil {
			return err
		}
	}
	return nil
}

func printSummary(w io.Writer, s latency.Summary) error {
	if _, err := fmt.Fprintf(w, "%s, run %s: %.1f s heard, %s, %d of them revised\n", s.Stream, s.Run, s.Seconds, count(s.Turns, "turn"), s.Revised); err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tp50\tp99\tmost\tcount\t")
	row := func(what string, d *latency.Delay, unit float64, format string) {
		if d != nil {
			fmt.Fprintf(table, "%s\t"+format+"\t"+format+"\t"+format+"\t%d\t\n", what, d.P50*unit, d.P99*unit, d.Max*unit, d.Count)
		}
	}
	for _, b := range []struct {
		what string
		both latency.Both
	}{{"start of turn to a speaker", s.Label}, {"start of turn to its speaker", s.Settled}, {"end of turn to turn-ended", s.Ended}} {
		row(b.what+", stream time", b.both.Stream, 1, "%.2f s")
		row(b.what+", wall clock", b.both.Wall, 1, "%.2f s")
	}
	row("decision to server", s.Server, 1000, "%.1f ms")
	return table.Flush()
}
