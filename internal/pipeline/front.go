package pipeline

import (
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

// front is everything between samples and the events of the segmentation:
// detection, features and cutting, frame by frame in step.
type front struct {
	det    *vad.Detector
	ext    *features.Extractor
	cut    *segment.Segmenter
	given  *segment.Given // instead of det and cut, where not nil
	second *second        // after det and cut, where not nil
	speech []vad.Span     // instead of det, where not nil
	spans  int            // of speech, those that are over

	pushed    int64          // samples
	decisions []vad.Decision // decisions that wait for their features
	done      int64          // frames handed on
	delay     int64          // samples by which a frame's decision lags behind its start
	ended     bool           // no more samples come
	replaced  int64          // samples that were no sound

	spoke    int64     // end of the latest speech among the frames handed on, in samples
	patience int64     // silence after it that is not skipped, in samples
	copied   []float32 // scratch
}

func newFront(cfg Config) (*front, error) {
	m := cfg.Model
	ext, err := features.NewExtractor(m.Front())
	if err != nil {
		return nil, err
	}
	f := &front{
		ext:    ext,
		speech: cfg.Speech,
	}
	lag := ext.Delay()
	switch {
	case cfg.Utterances != nil:
		f.given = segment.NewGiven(cfg.Utterances, maxGiven, ext.Dim())
	case cfg.Speech == nil:
		if f.det, err = vad.New(cfg.Detector); err != nil {
			return nil, err
		}
		lag = max(lag, f.det.Delay())
	}
	if f.given == nil {
		c := cfg.Segment
		if c.Static == 0 {
			c.Static = m.Front().Ceps
		}
		if f.cut, err = segment.NewSegmenter(c, ext.Dim()); err != nil {
			return nil, err
		}
		if t := tracker(m); t != nil && f.det != nil {
			if f.second, err = newSecond(t, ext, cfg, c); err != nil {
				return nil, err
			}
		}
	}
	f.delay = int64(lag+1) * features.Hop
	f.patience = max(leastPatience, cfg.Online.JoinGap) + segment.ChunkFrames*features.Hop
	return f, nil
}

// maxGiven is the longest part that a given utterance is cut into, in samples.
const maxGiven = 3 * capture.Rate

// tracker returns what hears for the model how many people speak at a time, or nil.
func tracker(m model.Model) model.Tracker {
	if t, ok := m.(model.Tracking); ok {
		return t.NewTracker()
	}
	return nil
}

// push takes the next samples. They stay the caller's.
func (f *front) push(samples []float32, emit func(segment.Event)) {
	samples, replaced := clean.Copied(&f.copied, samples)
	f.replaced += int64(replaced)
	if f.second == nil {
		f.pushCleaned(samples, emit)
		return
	}
	// The looks take turns on the grid of chunks, whatever the blocks are.
	const grid = segment.ChunkFrames * features.Hop
	for len(samples) > 0 {
		n := min(len(samples), int(grid-f.pushed%grid))
		f.pushCleaned(samples[:n], emit)
		samples = samples[n:]
		if f.pushed%grid == 0 {
			f.second.step(f.pushed, emit)
		}
	}
}

// draft returns emit for the events of the first of two looks.
func (f *front) draft(emit func(segment.Event)) func(segment.Event) {
	if f.second == nil {
		return emit
	}
	return func(ev segment.Event) {
		ev.Draft = true
		emit(ev)
	}
}

func (f *front) pushCleaned(samples []float32, emit func(segment.Event)) {
	f.pushed += int64(len(samples))
	f.ext.Add(samples)
	if f.det != nil {
		n := len(f.decisions)
		f.decisions = f.det.Push(f.decisions, samples)
		if f.second != nil {
			f.second.push(samples, f.decisions[n:])
		}
	}
	f.drain(f.draft(emit))
}

// flush ends the stream.
func (f *front) flush(emit func(segment.Event)) error {
	f.ended = true
	f.ext.End()
	if f.det != nil {
		n := len(f.decisions)
		f.decisions = f.det.Flush(f.decisions)
		if f.second != nil {
			f.second.push(nil, f.decisions[n:])
			defer f.second.flush(f.pushed, emit)
		}
	}
	emit = f.draft(emit)
	f.drain(emit)
	if f.given != nil {
		f.given.Flush(f.pushed, emit)
	} else {
		f.cut.Flush(f.pushed, emit)
	}
	if n := f.ext.Waiting(); n > 0 || len(f.decisions) > 0 {
		return fmt.Errorf("pipeline: %d frames and %d decisions without counterpart at the end", n, len(f.decisions))
	}
	return nil
}

// drain hands on the frames that have both features and a decision.
func (f *front) drain(emit func(segment.Event)) {
	n := f.ext.Waiting()
	if f.det != nil {
		n = min(n, len(f.decisions))
	}
	for i := range n {
		at := f.done*features.Hop + f.delay
		if f.ended {
			at = min(at, f.pushed)
		}
		frame := segment.Frame{Speech: f.isSpeech(i)}
		if f.det != nil {
			frame.Level = float64(f.decisions[i].Level)
		}
		if frame.Speech {
			f.spoke = (f.done + 1) * features.Hop
		}
		if f.given != nil {
			handOn(f.given, at, frame, true, f.ext, emit)
		} else {
			handOn(f.cut, at, frame, frame.Speech, f.ext, emit)
		}
		f.done++
	}
	if f.det != nil {
		f.decisions = drop(f.decisions, n)
	}
}

// isSpeech says whether the i-th waiting frame is speech.
func (f *front) isSpeech(i int) bool {
	switch {
	case f.given != nil:
		return f.given.Free() == 0
	case f.det != nil:
		return f.decisions[i].Speech
	}
	return f.untilGiven() == 0
}

// untilGiven returns how many frames from the next one on lie before the given
// speech, by their middle.
func (f *front) untilGiven() int64 {
	mid := f.done*features.Hop + features.Hop/2
	for f.spans < len(f.speech) && f.speech[f.spans].End <= mid {
		f.spans++
	}
	if f.spans == len(f.speech) {
		return math.MaxInt64
	}
	return max(0, (f.speech[f.spans].Start-mid+features.Hop-1)/features.Hop)
}

// check reports what makes a model unusable by the stages.
func check(m model.Model) error {
	if m == nil {
		return fmt.Errorf("pipeline: no model given")
	}
	return m.Validate()
}
