package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/web/page"
)

// The desks of many recordings are kept only where a page or a view can correct them.
func TestDesksAreKeptForCorrections(t *testing.T) {
	cfg, err := (&diarizeFlags{model: "light"}).config()
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []bool{false, true} {
		o := &output{files: newResults(io.Discard, io.Discard, false, true), stderr: io.Discard, bar: newProgress(io.Discard, true)}
		o.print = func(event.Event) error { return nil }
		if shown {
			o.page = &livePage{hub: page.NewHub()}
		}
		rec, err := capture.OpenReader(t.Context(), bytes.NewReader(wavBytes(make([]float32, capture.Rate))), "talk.wav", capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = o.run(t.Context(), rec, session.Options{Stream: "talk", Pipeline: cfg}, 0)
		if err = errors.Join(err, rec.Close()); err != nil {
			t.Fatal(err)
		}
		_, err = o.desks.Correct(context.Background(), "talk", correct.Correction{Action: correct.Mark})
		if kept := !errors.Is(err, correct.ErrNobody); kept != shown {
			t.Errorf("with a page %t, the desk is kept: %t, %v", shown, kept, err)
		}
	}
}
