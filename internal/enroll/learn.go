package enroll

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// MinFrames is the least speech that somebody is enrolled with: 5 s.
const MinFrames = 500

// ErrTooShort is matched by the error for too little speech.
var ErrTooShort = errors.New("too little speech")

// Learn adds what the one person who speaks in src says to dst.
func Learn(ctx context.Context, dst *model.Stats, m model.Model, src capture.Source) error {
	// One speaker only: whoever is heard is the person to enrol.
	s, err := pipeline.NewStream(pipeline.Config{Model: m, Online: online.Config{Limits: online.Limits{Min: 1, Max: 1}}})
	if err != nil {
		return err
	}
	ignore := func(online.Event) {}
	for {
		b, err := src.Next(ctx)
		if len(b.Samples) > 0 {
			if _, err := s.Hear(ctx, b, ignore); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := s.Flush(ignore); err != nil {
		return err
	}
	for _, stats := range s.Speakers() {
		dst.Add(stats)
	}
	return nil
}

// Check reports whether there is too little speech in stats.
func Check(stats model.Stats) error {
	if stats.N < MinFrames {
		return fmt.Errorf("%w: %.1f s, expected at least %.0f s: give more recordings", ErrTooShort, stats.N/100, MinFrames/100.)
	}
	return nil
}
