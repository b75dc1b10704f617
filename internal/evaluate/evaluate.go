// Package evaluate diarizes recordings that have a reference and tells how well
// that went, by group of recordings and in all.
package evaluate

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/rttm"
	"github.com/seed-7adb9000/diarizer/internal/vadlab"
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
		x, err := vadlab.ReadFLAC(base + ".flac")
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

// Diarize runs r through the chain and returns the final timeline.
func Diarize(r Recording, cfg pipeline.Config) ([]rttm.Segment, error) {
	s, err := pipeline.NewStream(cfg)
	if err != nil {
		return nil, err
	}
	turns := map[int]online.Turn{}
	into := map[int]int{}
	apply := func(e online.Event) {
		switch e.Kind {
		case online.TurnWithdrawn:
			delete(turns, e.Turn.ID)
		case online.SpeakerMerged:
			into[e.Speaker] = e.Into
			for id, t := range turns {
				if t.Speaker == e.Speaker {
					t.Speaker = e.Into
					turns[id] = t
				}
			}
		case online.SpeakerAdded:
		default:
			turns[e.Turn.ID] = e.Turn
		}
	}
	for at := 0; at < len(r.Samples); at += 1600 {
		s.Push(r.Samples[at:min(at+1600, len(r.Samples))], apply)
	}
	if err := s.Flush(apply); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	var out []rttm.Segment
	for _, t := range turns {
		out = append(out, rttm.Segment{File: r.Reference[0].File, Channel: "1",
			Start: float64(t.Start) / capture.Rate, End: float64(t.End) / capture.Rate, Speaker: fmt.Sprintf("S%d", t.Speaker)})
	}
	slices.SortFunc(out, func(a, b rttm.Segment) int { return cmp.Compare(a.Start, b.Start) })
	return out, nil
}

// Utterances returns the turns of a reference as utterances.
func Utterances(ref []rttm.Segment) []segment.Utterance {
	var out []segment.Utterance
	for _, s := range ref {
		out = append(out, segment.Utterance{Start: int64(s.Start * capture.Rate), End: int64(s.End * capture.Rate)})
	}
	return out
}
