package eigenvoice

import (
	"iter"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// The first minutes of a stream are normalised by a mean that is still being
// found. Its frames are kept up to keepFrames, and aligned with the UBM again
// each time the mean rests on alignGrowth times as much speech, first after
// firstAlignment frames.
const (
	firstAlignment = 300
	alignGrowth    = 2
	keepFrames     = 12000
)

// listener makes pairs of one stream's frames, normalised by the running mean of
// its speech.
type listener struct {
	m       *Model
	acc     *Accumulator
	norm    *features.Normalizer
	heard   int           // frames in the running mean
	aligned int           // what heard has to reach before sounds are aligned again
	x       []float64     // scratch, one frame
	sound   model.Aligned // scratch, one chunk
	moment  model.Moment  // scratch
}

// NewListener returns the listener of a new stream. The model must be valid.
func (m *Model) NewListener() model.Listener {
	return &listener{m: m, acc: m.NewAccumulator(), norm: features.NewNormalizer(m.FeatureMean, m.Features.MeanPrior),
		aligned: firstAlignment, x: make([]float64, m.Dim())}
}

// Hear implements [model.Listener].
func (l *listener) Hear(frames []float64, first int64) model.Sound {
	dim := l.m.Dim()
	for at := 0; at < len(frames); at += dim {
		l.norm.Update(frames[at : at+dim])
	}
	l.heard += len(frames) / dim
	l.sound.Reset()
	for at := 0; at < len(frames); at += dim {
		l.norm.Apply(l.x, frames[at:at+dim])
		l.acc.Align(&l.sound, l.x)
	}
	s := model.Sound{First: first, Aligned: l.sound.Clone()}
	if l.heard <= keepFrames {
		s.Frames = make([]float32, len(frames))
		for i, v := range frames {
			s.Frames[i] = float32(v)
		}
	}
	return s
}

// Pair implements [model.Listener].
func (l *listener) Pair(dst *model.Stats, utterance iter.Seq[*model.Sound]) {
	l.acc.Reset()
	for s := range utterance {
		l.acc.AddAligned(&s.Aligned)
	}
	l.acc.StatsInto(dst)
}

// Moments implements [model.Listener].
func (l *listener) Moments(utterance iter.Seq[*model.Sound], n int, yield func(first *model.Sound, m *model.Moment)) {
	var first *model.Sound
	have := 0
	flush := func() {
		l.acc.MomentInto(&l.moment)
		l.acc.Reset()
		yield(first, &l.moment)
		have = 0
	}
	l.acc.Reset()
	for s := range utterance {
		if have == 0 {
			first = s
		}
		l.acc.AddAligned(&s.Aligned)
		if have++; have == n {
			flush()
		}
	}
	if have > 0 {
		flush()
	}
}

// Remember implements [model.Listener].
func (l *listener) Remember(utterance iter.Seq[*model.Sound]) []float32 {
	var frames []float32
	for s := range utterance {
		if s.Frames == nil {
			return nil // the beginning alone would be another voice
		}
		frames = append(frames, s.Frames...)
	}
	return frames
}

// Outdated implements [model.Listener].
func (l *listener) Outdated(end bool) bool {
	if l.heard < l.aligned && !end {
		return false
	}
	l.aligned = alignGrowth * l.heard
	return true
}

// Renew implements [model.Listener].
func (l *listener) Renew(s *model.Sound) {
	if s.Frames == nil {
		return
	}
	s.Aligned = model.Aligned{}
	l.normalised(s.Frames, func(x []float64) { l.acc.Align(&s.Aligned, x) })
}

// Again implements [model.Listener].
func (l *listener) Again(dst *model.Stats, remembered []float32) (done bool) {
	l.acc.Reset()
	l.normalised(remembered, l.acc.Add)
	l.acc.StatsInto(dst)
	return l.heard > keepFrames // the mean has settled
}

// normalised hands features, which came as rows of frames, to f one by one under
// the mean that is known now.
func (l *listener) normalised(frames []float32, f func(x []float64)) {
	dim := l.m.Dim()
	for at := 0; at < len(frames); at += dim {
		for j := range l.x {
			l.x[j] = float64(frames[at+j])
		}
		l.norm.Apply(l.x, l.x)
		f(l.x)
	}
}

// Forget implements [model.Listener]. The listener keeps nothing.
func (l *listener) Forget() {}

// AppendBinary implements [encoding.BinaryAppender]. It never fails.
func (l *listener) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, l.fields()...), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (l *listener) UnmarshalBinary(b []byte) error { return state.Restore(b, l.fields()...) }

func (l *listener) fields() []any { return []any{state.Value(l.norm), &l.heard, &l.aligned} }
