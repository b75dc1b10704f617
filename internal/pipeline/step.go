package pipeline

import (
	"iter"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

// Hear takes the stream's next block. Sound that is missing before it stays in
// the time as silence; gap says where, its End 0 where nothing is missing.
func (s *Stream) Hear(b capture.Block, emit func(online.Event)) (gap vad.Span) {
	if b.Start > s.front.pushed {
		gap = vad.Span{Start: s.front.pushed, End: b.Start}
		s.front.pushSilence(b.Start-s.front.pushed, func(ev segment.Event) { s.clu.Push(ev, emit) })
	}
	s.Push(b.Samples, emit)
	return gap
}

// Link says which speakers are one person, in groups of two or more, from now
// on. It replaces what was said before and belongs to the stream's state.
func (s *Stream) Link(groups [][]int) { s.clu.Link(groups) }

// At is how much of the stream has been heard, in samples.
func (s *Stream) At() int64 { return s.front.pushed }

// Speakers iterates over the stream's speakers, as [online.Clusterer.Speakers]
// does.
func (s *Stream) Speakers() iter.Seq2[int, model.Stats] { return s.clu.Speakers() }
