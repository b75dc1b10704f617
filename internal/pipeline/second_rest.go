package pipeline

import (
	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/internal/dsp/numeric"
	"github.com/seed-7adb9000/diarizer/segment"
)

// cycle returns the number of frames after which silence makes no difference to the
// second look: whole chunks, and whole cycles of the tracker.
func (s *second) cycle() int64 {
	samples, chunk := s.track.Cycle(), int64(segment.ChunkFrames*features.Hop)
	return samples / numeric.GCD(samples, chunk) * chunk / features.Hop
}

// resting reports whether silence changes nothing but positions.
func (s *second) resting() bool {
	if !s.track.Resting() || !s.ext.Resting() || !s.rule.Resting() || !s.cut.Resting() {
		return false
	}
	for _, d := range s.first {
		if d.Speech || d != s.first[0] {
			return false
		}
	}
	for _, d := range s.decisions {
		if d.Speech || d != s.decisions[0] {
			return false
		}
	}
	for _, list := range [][]presence{s.frames, s.waiting} {
		for _, p := range list {
			if p != (presence{}) {
				return false
			}
		}
	}
	return true
}

// skip passes over frames of silence, whole cycles.
func (s *second) skip(frames, at int64, emit func(segment.Event)) {
	samples := frames * features.Hop
	before := s.track.Centre(0)
	s.track.Skip(samples / s.track.Cycle())
	s.ext.Skip(frames)
	s.rule.Skip(frames)
	s.cut.Skip(frames, at, emit)
	s.scored += frames
	s.done += frames
	s.heard += samples
	s.from += samples / (s.track.Centre(1) - before)
}
