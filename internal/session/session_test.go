package session_test

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// held is a recording that stops at a moment until goOn is closed.
type held struct {
	capture.Source
	until int64
	here  chan struct{} // closed when the moment has come
	goOn  chan struct{}
}

func (h *held) Next(ctx context.Context) (capture.Block, error) {
	b, err := h.Source.Next(ctx)
	if h.here != nil && (b.End() >= h.until || errors.Is(err, io.EOF)) {
		close(h.here)
		h.here = nil
		<-h.goOn
	}
	return b, err
}

// A name and a merge arrive over NATS in the middle of the demo. The final timeline has
// both, and the clustering does not find the merged speaker a second time.
func TestCorrectionsWhileItRuns(t *testing.T) {
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	nc := natstest.New(t)
	rec, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	src := &held{Source: rec, until: 45 * capture.Rate, here: make(chan struct{}), goOn: make(chan struct{})}
	here := src.here

	asked := make(chan error, 1)
	go func() {
		<-here
		defer close(src.goOn)
		for _, c := range []correct.Correction{
			{Action: correct.Rename, Speaker: 1, Name: "Ada"},
			{Action: correct.Merge, Speaker: 2, Into: 1},
		} {
			if _, err := correct.Request(t.Context(), nc, "demo", c); err != nil {
				asked <- err
				return
			}
		}
		asked <- nil
	}()
	readings, loudest := 0, math.Inf(-1)
	got, err := session.Run(t.Context(), src, session.Options{
		Stream: "demo", Pipeline: pipeline.Config{Model: m}, NATS: nc,
		OnMeter: func(r meter.Reading) { readings++; loudest = max(loudest, r.Peak) },
	})
	if err := errors.Join(err, <-asked); err != nil {
		t.Fatal(err)
	}
	talk := map[string]float64{}
	for _, s := range got.Segments() {
		talk[s.Speaker] += s.End - s.Start
	}
	if talk["Ada"] < 25 || talk["S1"] > 0 || talk["S2"] > 0 {
		t.Errorf("talk time after the merge: %v", talk)
	}
	if readings == 0 || loudest < -30 || loudest > 0 {
		t.Errorf("%d readings, the loudest %v dB", readings, loudest)
	}
	if _, err := correct.Request(t.Context(), nc, "demo", correct.Correction{Action: correct.Undo}); !errors.Is(err, correct.ErrNobody) {
		t.Errorf("after the end: %v", err)
	}
}

// jumping is a stream that alternates between a second of sound and a gap.
type jumping struct {
	gap    int64
	blocks int
	at     int64
}

func (j *jumping) Next(context.Context) (capture.Block, error) {
	if j.blocks == 0 {
		return capture.Block{}, io.EOF
	}
	j.blocks--
	b := capture.Block{Start: j.at, Samples: make([]float32, capture.Rate)}
	j.at = b.End() + j.gap
	return b, nil
}

func (j *jumping) Close() error { return nil }

// TestGapHasOneStatus holds that a gap of days has one status, not one for each of its
// minutes, and that the sound around the gap keeps its own.
func TestGapHasOneStatus(t *testing.T) {
	m, err := modelfile.Eigenvoices()
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * 3600 * capture.Rate
	for _, c := range []struct {
		gap    int64
		blocks int
		want   []int64 // minutes
	}{
		{0, 130, []int64{1, 2}},
		{2 * day, 3, []int64{2 * 24 * 60, 4 * 24 * 60}},
		{30 * capture.Rate, 5, []int64{1, 2}},
	} {
		var got []int64
		_, err := session.Run(t.Context(), &jumping{gap: c.gap, blocks: c.blocks}, session.Options{
			Stream: "s", Pipeline: pipeline.Config{Model: m},
			OnEvent: func(e event.Event) error {
				if e.Kind == event.StatusReported {
					got = append(got, int64(e.At)/(60*capture.Rate))
				}
				return nil
			},
		})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("gaps of %v: status at minutes %v, %v; expected %v", capture.Duration(c.gap), got, err, c.want)
		}
	}
}
