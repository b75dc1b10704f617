// Command stage serves the live page with a made-up meeting for the browser tests, which
// choose how long, how lively and how late it is. With -dump it prints the meeting's
// events and boards instead.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "stage:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("stage", flag.ContinueOnError)
	addr := f.String("addr", "127.0.0.1:0", "where the page is")
	turns := f.Int("turns", 60, "how many turns")
	speakers := f.Int("speakers", 4, "how many speakers")
	seed := f.Uint64("seed", 0, "one of many meetings")
	until := f.Float64("until", 1, "the part that is over at the start")
	speed := f.Float64("speed", 1, "how fast the rest goes on")
	words := f.Bool("words", false, "with what is said")
	dump := f.Bool("dump", false, "print events, and every so often the board")
	if err := f.Parse(args); err != nil {
		return err
	}
	events := meeting.Events(meeting.Options{Seed: *seed, Turns: *turns, Speakers: *speakers, Names: []string{"Ada", "Grace"}})
	if *words {
		var err error
		if events, err = spoken(events); err != nil {
			return err
		}
	}
	if *dump {
		return print(events, out)
	}
	hub := page.NewHub()
	server, err := page.Serve(ctx, hub, page.Options{Addr: *addr})
	if err != nil {
		return err
	}
	n := int(*until * float64(len(events)))
	for _, e := range events[:n] {
		if err := hub.Event(e); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "live page:", server.URL())
	err = rest(ctx, events[n:], *speed, hub)
	<-ctx.Done()
	if closed := server.Close(); closed != nil {
		return closed
	}
	return err
}

// rest plays the rest of the meeting.
func rest(ctx context.Context, events []event.Event, speed float64, hub *page.Hub) error {
	if len(events) == 0 {
		return nil
	}
	from := events[0].At
	paced := make([]event.Event, len(events))
	for i, e := range events {
		e.At -= from // to be waited for
		paced[i] = e
	}
	i := 0
	return meeting.Play(ctx, paced, speed, func(event.Event) error {
		i++
		return hub.Event(events[i-1])
	})
}

// print writes lines of JSON: every event, and the board after every 25th event.
func print(events []event.Event, out io.Writer) error {
	var b board.Board
	enc := json.NewEncoder(out)
	for i, e := range events {
		b.Apply(e)
		line := map[string]any{"event": e}
		if i%25 == 0 || i == len(events)-1 {
			line["board"], line["shares"], line["lines"] = b.Snapshot(), b.Shares(), linesOf(&b)
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
