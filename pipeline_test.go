package diarizer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7adb9000/diarizer"
	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/cli/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// talk returns the first seconds of the demo.
func talk(t *testing.T, seconds int) []float32 {
	t.Helper()
	src, err := capture.OpenReader(t.Context(), demo.Recording(), demo.Name, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var x []float32
	for len(x) < seconds*capture.Rate {
		b, err := src.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		x = append(x, b.Samples...)
	}
	return x[:seconds*capture.Rate]
}

func light(t *testing.T) diarizer.Config {
	t.Helper()
	m, err := diarizer.LightModel()
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return diarizer.Config{Model: m, Stream: "demo", Source: event.Source{Name: "demo"}, Now: func() time.Time { return noon }}
}

// told is what a list of events says, but for its run, in JSON.
func told(t *testing.T, events []event.Event) string {
	t.Helper()
	all := slices.Clone(events)
	for i := range all {
		all[i].Run = "run"
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func push(t *testing.T, p *diarizer.Pipeline, x []float32, size int, sink func(event.Event) error) {
	t.Helper()
	for b := range slices.Chunk(x, size) {
		if err := p.Hear(t.Context(), capture.Block{Samples: b}, sink); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOneStreamManyWays has a pipeline push blocks of several sizes, one go on from its
// snapshot, and Run read a source: the events are the same, and the turns are those that
// the baseline of the chain holds.
func TestOneStreamManyWays(t *testing.T) {
	x, cfg := talk(t, 45), light(t)
	var want []event.Event
	if err := diarizer.Run(t.Context(), capture.FromSamples(x), cfg, collect(&want)); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1600, 16001, len(x)} {
		var got []event.Event
		p, err := diarizer.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		push(t, p, x[:20*capture.Rate], size, collect(&got))
		saved, err := p.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if p, err = diarizer.Restore(cfg, saved); err != nil {
			t.Fatal(err)
		}
		push(t, p, x[20*capture.Rate:], size, collect(&got))
		speakers := 0
		for range p.Speakers() {
			speakers++
		}
		if err := errors.Join(p.Flush(collect(&got)), p.Flush(collect(&got))); err != nil {
			t.Fatal(err)
		}
		if told(t, got) != told(t, want) || speakers == 0 {
			t.Errorf("in blocks of %d: %d events, %d speakers, that are not the %d of Run", size, len(got), speakers, len(want))
		}
	}
	var timeline event.Timeline
	for _, e := range want {
		if err := timeline.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	var found bytes.Buffer
	if err := rttm.Write(&found, timeline.Segments()); err != nil {
		t.Fatal(err)
	}
	held, err := os.ReadFile("internal/pipeline/testdata/baseline/demo.light.rttm")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(found.Bytes(), held) {
		t.Errorf("found\n%s\nexpected\n%s", found.Bytes(), held)
	}
}

func collect(all *[]event.Event) func(event.Event) error {
	return func(e event.Event) error {
		*all = append(*all, e)
		return nil
	}
}

// TestGap tells of sound that was lost, by Hear as by Run.
func TestGap(t *testing.T) {
	cfg := light(t)
	p, err := diarizer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var got []event.Event
	for _, start := range []int64{0, 5 * capture.Rate} {
		if err := p.Hear(t.Context(), capture.Block{Start: start, Samples: make([]float32, capture.Rate)}, collect(&got)); err != nil {
			t.Fatal(err)
		}
	}
	i := slices.IndexFunc(got, func(e event.Event) bool { return e.Kind == event.GapFound })
	if i < 0 || *got[i].Gap != (event.Gap{Start: capture.Rate, End: 5 * capture.Rate}) {
		t.Errorf("events %+v", got)
	}
}

// TestErrors has what fails say so, and stay so.
func TestErrors(t *testing.T) {
	cfg := light(t)
	bad := cfg
	bad.Stream = "a b"
	if _, err := diarizer.New(bad); err == nil || !strings.Contains(err.Error(), `stream "a b"`) {
		t.Errorf("stream with a space: %v", err)
	}
	p, err := diarizer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("full")
	refuse := func(event.Event) error { return full }
	for range 2 {
		if err := p.Hear(t.Context(), capture.Block{}, refuse); !errors.Is(err, full) {
			t.Errorf("sink refuses: %v", err)
		}
	}
	if _, err := p.Snapshot(); !errors.Is(err, full) {
		t.Errorf("snapshot of a broken pipeline: %v", err)
	}
	if err := diarizer.Run(t.Context(), capture.FromSamples(nil), cfg, refuse); !errors.Is(err, full) {
		t.Errorf("sink of Run refuses: %v", err)
	}
	var events []event.Event
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = diarizer.Run(ctx, capture.FromSamples(make([]float32, 1600)), cfg, collect(&events))
	if last := events[len(events)-1]; !errors.Is(err, context.Canceled) || last.End == nil || last.End.Reason != event.Interrupted {
		t.Errorf("interrupted: %v, %+v", err, last)
	}
	if p, err = diarizer.New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := p.Flush(collect(&events)); err != nil {
		t.Fatal(err)
	}
	if err := p.Hear(t.Context(), capture.Block{}, collect(&events)); !errors.Is(err, diarizer.ErrFlushed) {
		t.Errorf("sound after the end: %v", err)
	}
	if _, err := p.Snapshot(); !errors.Is(err, diarizer.ErrFlushed) {
		t.Errorf("snapshot after the end: %v", err)
	}
	if _, err := diarizer.ReadModel(strings.NewReader("no"), "some.file"); !errors.Is(err, diarizer.ErrModel) {
		t.Errorf("model: %v", err)
	}
}

// TestDamagedSnapshot has every byte of a snapshot matter.
func TestDamagedSnapshot(t *testing.T) {
	cfg := light(t)
	p, err := diarizer.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var events []event.Event
	push(t, p, talk(t, 3), 1600, collect(&events))
	whole, err := p.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(whole); i += 1 + len(whole)/20 {
		b := slices.Clone(whole)
		b[i] ^= 0x10
		if _, err := diarizer.Restore(cfg, b); !errors.Is(err, diarizer.ErrSnapshot) {
			t.Errorf("byte %d damaged: error %v", i, err)
		}
		if _, err := diarizer.Restore(cfg, whole[:i]); !errors.Is(err, diarizer.ErrSnapshot) {
			t.Errorf("cut to %d bytes: error %v", i, err)
		}
	}
}
