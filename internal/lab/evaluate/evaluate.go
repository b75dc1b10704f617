// Package evaluate diarizes recordings that have a reference and tells how well
// that went, by group of recordings and in all.
package evaluate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/segment"
)

// Recording is a sound with its reference.
type Recording struct {
	Name, Group string
	Samples     []float32 // 16 kHz mono
	Reference   []rttm.Segment
}

// Load reads the recordings of dir: every .flac that has an .rttm beside it.
// The group is the part of the name before the first underscore.
func Load(dir string) ([]Recording, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.rttm"))
	if err != nil {
		return nil, err
	}
	var out []Recording
	for _, name := range names {
		base := strings.TrimSuffix(name, ".rttm")
		if _, err := os.Stat(base + ".flac"); err != nil {
			continue
		}
		x, err := samples(base + ".flac")
		if err != nil {
			return nil, err
		}
		ref, err := rttm.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r := Recording{Name: filepath.Base(base), Samples: x, Reference: ref}
		r.Group, _, _ = strings.Cut(r.Name, "_")
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no recordings with a reference: expected NAME.flac and NAME.rttm", dir)
	}
	return out, nil
}

// samples reads a whole recording as the program hears it.
func samples(path string) ([]float32, error) {
	ctx := context.Background()
	rec, err := capture.Open(ctx, path, capture.Options{})
	if err != nil {
		return nil, err
	}
	defer rec.Close()
	return capture.ReadAll(ctx, rec)
}

// Outcome is what came of diarizing one recording.
type Outcome struct {
	// Final is the timeline with all revisions applied.
	Final []rttm.Segment
	// Confidence is that of every turn of Final in its speaker.
	Confidence []float64
	// Live is what a listener had been told in time, one for each latency.
	Live [][]rttm.Segment
	// Events counts the events.
	Events int
}

// Diarize runs r through the whole chain and the event contract.
func Diarize(r Recording, cfg pipeline.Config, latencies ...time.Duration) (Outcome, error) {
	s, err := pipeline.NewStream(cfg)
	if err != nil {
		return Outcome{}, err
	}
	var out Outcome
	enc := event.Encoder{Stream: event.StreamID(r.Name), Run: "evaluation"}
	var timeline event.Timeline
	lives := make([]*event.Live, len(latencies))
	for i, l := range latencies {
		lives[i] = event.NewLive(l)
	}
	var failed error
	apply := func(e event.Event) {
		out.Events++
		failed = errors.Join(failed, timeline.Apply(e))
		for _, l := range lives {
			failed = errors.Join(failed, l.Apply(e))
		}
	}
	emit := func(e online.Event) { apply(online.Encode(&enc, e)) }
	apply(enc.Start(event.Source{Name: r.Reference[0].File}))
	for at := 0; at < len(r.Samples); at += blockSize {
		s.Push(r.Samples[at:min(at+blockSize, len(r.Samples))], emit)
	}
	err = s.Flush(emit)
	apply(enc.Finish(int64(len(r.Samples)), event.Finished, ""))
	if err := errors.Join(err, failed); err != nil {
		return Outcome{}, fmt.Errorf("%s: %w", r.Name, err)
	}
	out.Final = timeline.Segments()
	for _, t := range timeline.Turns() {
		if t.End > t.Start { // as Segments has them
			out.Confidence = append(out.Confidence, t.Confidence)
		}
	}
	for _, l := range lives {
		out.Live = append(out.Live, l.Segments())
	}
	return out, nil
}

// blockSize is 100 ms in samples; any other gives the same events.
const blockSize = 1600

// Utterances returns the turns of a reference as utterances.
func Utterances(ref []rttm.Segment) []segment.Utterance {
	var out []segment.Utterance
	for _, s := range ref {
		out = append(out, segment.Utterance{Start: int64(s.Start * capture.Rate), End: int64(s.End * capture.Rate)})
	}
	return out
}
