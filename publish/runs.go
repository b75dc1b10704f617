package publish

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
)

// RunStart is where a run begins in the JetStream stream.
type RunStart struct {
	Stream, Run string
	// Number is that of the message with stream-started.
	Number uint64
}

// LatestRuns finds the latest run of each of the given streams, or of all streams if
// none are given, by stream id. It leaves out streams of which the server keeps no
// start. On a server where nothing was published yet it finds nothing.
func LatestRuns(ctx context.Context, nc *nats.Conn, streams ...string) ([]RunStart, error) {
	js, err := bus.JetStream(nc)
	if err != nil {
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	stream, err := js.Stream(ctx, JetStreamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, apiError(err)
	}
	if len(streams) == 0 {
		// The server counts messages by subject; a stream with a start has one.
		info, err := stream.Info(ctx, jetstream.WithSubjectFilter(Subject("*", event.StreamStarted)))
		if err != nil {
			return nil, apiError(err)
		}
		for subject := range maps.Keys(info.State.Subjects) {
			streams = append(streams, strings.Split(subject, ".")[2])
		}
		slices.Sort(streams)
	}
	var runs []RunStart
	for _, s := range streams {
		if err := event.CheckStream(s); err != nil {
			return nil, err
		}
		msg, err := stream.GetLastMsgForSubject(ctx, Subject(s, event.StreamStarted))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return nil, apiError(err)
		}
		if e, err := event.Decode(msg.Data); err == nil {
			runs = append(runs, RunStart{Stream: e.Stream, Run: e.Run, Number: msg.Sequence})
		}
	}
	return runs, nil
}
