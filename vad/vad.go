package vad

import (
	"errors"
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
	"github.com/seed-7adb9000/diarizer/vad/internal/front"
)

// Hop is the frame advance in samples: 10 ms at 16 kHz. Decision i covers
// samples [i*Hop, (i+1)*Hop).
const Hop = 160

// Decision is about one frame of Hop samples.
type Decision struct {
	// Speech says whether the frame belongs to speech, the short pauses
	// between words included.
	Speech bool
	// Score is the evidence for speech as log odds: 0 is even, more is more like speech.
	// Speech also depends on the frames before and after, see Config.
	Score float32
	// Level is the level of the frame in dBFS: 0 is a full-scale square wave,
	// -120 is the least it gets.
	Level float32
}

// Config holds the settings of a Detector. The zero value stands for the
// defaults, which are what docs/vad.md reports.
type Config struct {
	// Threshold is added to ScoreThreshold. A positive value detects less speech. Default
	// 0.
	Threshold float64
	// Hangover is how many frames after the last evidence still are speech. Hangover and
	// Before together bridge pauses of up to Hangover+Before frames. Defaults to 1; -1
	// means none.
	Hangover int
	// Before is how many frames before the first evidence already are speech. It is part
	// of the look-ahead. Defaults to 2; -1 means none.
	Before int
	// MinSpeech is how many frames of evidence in a row begin speech. It is part of the
	// look-ahead. Defaults to 2; -1 means one.
	MinSpeech int
}

// The defaults of Config.
const (
	DefaultHangover  = 1
	DefaultBefore    = 2
	DefaultMinSpeech = 2
)

// ScoreThreshold is the Score above which a frame is evidence for speech when
// Config.Threshold is 0. It lies above even odds, because the training clips hold more
// faint speech than recordings do.
const ScoreThreshold = 0.85

// maxPatience bounds each of the frame counts of a Config: 5 s.
const maxPatience = 500

// ErrConfig is what New's errors match.
var ErrConfig = errors.New("vad: invalid configuration")

func (c Config) withDefaults() (Config, error) {
	if math.IsNaN(c.Threshold) || math.IsInf(c.Threshold, 0) {
		return c, fmt.Errorf("%w: threshold %v, want a finite number", ErrConfig, c.Threshold)
	}
	for _, f := range []struct {
		name       string
		v          *int
		byDefault  int
		whenAbsent int
	}{
		{"hangover", &c.Hangover, DefaultHangover, 0},
		{"before", &c.Before, DefaultBefore, 0},
		{"minimum speech", &c.MinSpeech, DefaultMinSpeech, 1},
	} {
		switch {
		case *f.v == 0:
			*f.v = f.byDefault
		case *f.v == -1:
			*f.v = f.whenAbsent
		case *f.v < 0 || *f.v > maxPatience:
			return c, fmt.Errorf("%w: %s of %d frames, want 1 to %d, 0 for the default or -1 for none",
				ErrConfig, f.name, *f.v, maxPatience)
		}
	}
	return c, nil
}

// Detector decides, frame by frame, whether a stream holds speech. Use New.
type Detector struct {
	cfg   Config
	front *front.Front
	score *scorer
	rule  rule
	part  [Hop]float32
	have  int // samples in part
	quiet int // latest hops that were digital silence, at most restAfter

	replaced int64 // samples that were no sound
}

// New returns a detector at the start of a stream. Its errors match ErrConfig.
func New(cfg Config) (*Detector, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	score, err := newScorer()
	if err != nil {
		return nil, err
	}
	d := &Detector{cfg: cfg, score: score}
	d.Reset()
	return d, nil
}

// Reset puts the detector back to the start of a new stream.
func (d *Detector) Reset() {
	d.front = front.New()
	d.score.reset()
	d.rule = newRule(d.cfg)
	d.have, d.quiet, d.replaced = 0, 0, 0
}

// Delay is the number of frames by which decisions lag the sound: after n whole
// frames have been pushed, max(0, n-Delay()) decisions have come out.
func (d *Detector) Delay() int { return d.score.delay() + d.rule.delay() }

// Push takes the next samples of the stream and appends to dst the decisions that have
// become certain, in order. It keeps no reference to samples. A sample that is not a
// number, infinite or beyond ±65,536 counts as silence, see Replaced.
func (d *Detector) Push(dst []Decision, samples []float32) []Decision {
	for len(samples) > 0 {
		if d.have == 0 && len(samples) >= Hop {
			dst = d.frame(dst, samples[:Hop])
			samples = samples[Hop:]
			continue
		}
		n := copy(d.part[d.have:], samples)
		samples = samples[n:]
		if d.have += n; d.have == Hop {
			d.have = 0
			dst = d.frame(dst, d.part[:])
		}
	}
	return dst
}

// Replaced is how many samples of the stream were no sound: not numbers, infinite, or
// beyond ±65,536 where full scale is 1. The detector took silence for them.
func (d *Detector) Replaced() int64 { return d.replaced }

// Flush ends the stream and appends the decisions that are still to come, one for every
// frame that has begun. A frame that is not full is filled up with silence. Call Reset
// before pushing another stream.
func (d *Detector) Flush(dst []Decision) []Decision {
	if d.have > 0 {
		clear(d.part[d.have:])
		d.have = 0
		dst = d.frame(dst, d.part[:])
	}
	return d.drain(dst)
}

// frame takes one hop of samples. What d.part has is x or needed no more.
func (d *Detector) frame(dst []Decision, x []float32) []Decision {
	if clean.Needed(x) {
		x = d.part[:copy(d.part[:], x)]
		d.replaced += int64(clean.In(x))
	}
	var z, level float32
	var ok bool
	if d.rests(x) {
		z, level, ok = d.score.hold()
	} else {
		z, level, ok = d.score.push(d.front.Push(x))
	}
	if ok {
		dst = d.rule.push(dst, z, level)
	}
	return dst
}

// drain appends the decisions that are still to come. The sound is taken to go on
// as it last was, so that its end is neither a change nor a silence.
func (d *Detector) drain(dst []Decision) []Decision {
	for {
		z, level, ok := d.score.finish()
		if !ok {
			return d.rule.drain(dst)
		}
		dst = d.rule.push(dst, z, level)
	}
}
