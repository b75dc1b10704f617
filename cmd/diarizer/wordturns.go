package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/spf13/cobra"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/publish"
	"github.com/seed-7adb9000/diarizer/words"
)

// spoken are turns and the names of their speakers.
type spoken struct {
	from   string // what messages call the source of the turns
	source event.Source
	turns  []words.Turn
	names  map[string]string
}

// spoken reads the turns of the RTTM file or the stream, or diarizes the recording.
func (o wordsOptions) spoken(cmd *cobra.Command, transcript string) (spoken, error) {
	switch {
	case o.rttm != "":
		segments, err := segmentsOf(o.rttm, rttm.RecordingName(transcript))
		if err != nil {
			return spoken{}, err
		}
		return spoken{from: o.rttm, source: event.Source{Name: segments[0].File}, turns: said.Segments(segments)}, nil
	case o.recording != "":
		t, err := o.diarize(cmd)
		if err != nil {
			return spoken{}, err
		}
		return spokenIn(o.recording, t), nil
	}
	t, err := o.stored(cmd)
	if err != nil {
		return spoken{}, err
	}
	return spokenIn("stream "+o.stream, t), nil
}

func spokenIn(from string, t *event.Timeline) spoken {
	return spoken{from: from, source: t.Source(), turns: said.Turns(t), names: said.Names(t)}
}

// diarize diarizes the recording.
func (o wordsOptions) diarize(cmd *cobra.Command) (*event.Timeline, error) {
	m, err := cli.ReadModel(modelfile.Accurate)
	if err != nil {
		return nil, err
	}
	id := newRecording(o.recording)
	src, err := capture.Open(cmd.Context(), o.recording, capture.Options{})
	if err != nil {
		return nil, err
	}
	bar := newProgress(cmd.ErrOrStderr(), false)
	length, _ := src.Duration()
	t, err := session.Run(cmd.Context(), capture.NewReplay(src, capture.MaxSpeed, nil), session.Options{Stream: id.stream,
		Source: event.Source{Name: id.name}, Pipeline: pipeline.Config{Model: m}, OnProgress: bar.stream(length)})
	bar.end()
	err = errors.Join(err, src.Close())
	if w := src.Warning(); w != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "diarizer: %v\n", w)
	}
	return t, err
}

// stored reads the latest run of the stream, up to the last event that the server has.
func (o wordsOptions) stored(cmd *cobra.Command) (*event.Timeline, error) {
	ctx := cmd.Context()
	if err := event.CheckStream(o.stream); err != nil {
		return nil, usage("--stream: %w", err)
	}
	say := func(err error) { fmt.Fprintf(cmd.ErrOrStderr(), "diarizer: %v\n", err) }
	url := o.url
	if o.nats.context != "" && !cmd.Flags().Changed("nats") {
		url = ""
	}
	nc, err := o.nats.connect(ctx, url, "diarizer words", say)
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	return latestRun(ctx, nc, o.stream, say)
}

// latestRun is the timeline of a stream's latest run, up to the last event that the server
// has.
func latestRun(ctx context.Context, nc *nats.Conn, stream string, say func(error)) (*event.Timeline, error) {
	runs, err := publish.LatestRuns(ctx, nc, stream)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("stream %s: the server keeps no run of it", stream)
	}
	known := newTimelines(false)
	for m, err := range publish.Subscribe(ctx, nc, publish.SubscribeOptions{Streams: []string{stream}, After: runs[0].Number - 1}) {
		switch {
		case errors.Is(err, publish.ErrNotEvent), errors.Is(err, event.ErrHole):
			say(err) // the events are lost; the rest is read
		case err != nil:
			return nil, err
		default:
			if err := known.apply(m.Event); err != nil && !errors.Is(err, event.ErrHole) {
				return nil, err
			}
		}
		if all := known.list(false); m.Newest() && len(all) > 0 {
			t := all[0]
			if t.Ended() == nil {
				say(fmt.Errorf("stream %s goes on: what is known at %v is taken", stream, t.At().Duration().Round(time.Second)))
			}
			return t, nil
		}
	}
	return nil, ctx.Err()
}
