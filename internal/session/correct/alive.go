package correct

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/publish"
)

// aliveWithin bounds the wait for the server and for the program that diarizes a stream: some
// requests, one after another. Where no program is, the server says so at once.
const aliveWithin = 3 * time.Second

// Running returns the run of a stream that a program diarizes at this moment, or nothing. A
// run that broke off and that no program diarizes any more is not running. Without the
// permission to ask, the answer is nothing.
func Running(ctx context.Context, nc *nats.Conn, stream string) (run string) {
	ctx, cancel := context.WithTimeout(ctx, aliveWithin)
	defer cancel()
	run, err := openRun(ctx, nc, stream)
	if err != nil || run == "" {
		return ""
	}
	if _, err := nc.RequestWithContext(ctx, Subject(stream), []byte("{}")); err != nil { // a malformed correction changes nothing
		return "" // no program is there, or none answers
	}
	return run
}

// openRun returns the latest run of a stream if that run has not ended.
func openRun(ctx context.Context, nc *nats.Conn, stream string) (string, error) {
	runs, err := publish.LatestRuns(ctx, nc, stream)
	if err != nil || len(runs) == 0 {
		return "", err
	}
	js, err := bus.JetStream(nc)
	if err != nil {
		return "", fmt.Errorf("JetStream: %w", err)
	}
	events, err := js.Stream(ctx, publish.JetStreamName)
	if err != nil {
		return "", err
	}
	end, err := events.GetLastMsgForSubject(ctx, publish.Subject(stream, event.StreamEnded))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
	case err != nil:
		return "", err
	case end.Sequence > runs[0].Number:
		return "", nil
	}
	return runs[0].Run, nil
}
