package enroll

import (
	"context"
	"errors"
	"io"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/vad"
)

// Learn listens to a recording of one person. What it finds may not do to enrol
// anybody: see [Sample.Check].
func Learn(ctx context.Context, m model.Model, src capture.Source) (Sample, error) {
	// How many speak is part of what is to be found: there is no limit.
	stream, err := pipeline.NewStream(pipeline.Config{Model: m})
	if err != nil {
		return Sample{}, err
	}
	detector, err := vad.New(vad.Config{})
	if err != nil {
		return Sample{}, err
	}
	var (
		decisions []vad.Decision
		loudness  loudness
		ignore    = func(online.Event) {}
	)
	for {
		b, err := src.Next(ctx)
		if len(b.Samples) > 0 {
			if _, err := stream.Hear(ctx, b, ignore); err != nil {
				return Sample{}, err
			}
			decisions = detector.Push(decisions[:0], b.Samples)
			loudness.add(decisions)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Sample{}, err
		}
	}
	loudness.add(detector.Flush(decisions[:0]))
	if err := stream.Flush(ignore); err != nil {
		return Sample{}, err
	}
	s := Sample{Stats: m.Shape().NewStats()}
	var voices []model.Stats
	for _, stats := range stream.Speakers() {
		s.Stats.Add(stats)
		voices = append(voices, stats.Clone())
	}
	s.Voices = apart(m, voices)
	s.Speech, s.Noise = loudness.levels()
	return s, nil
}
