package pipeline

import (
	"iter"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Link says which speakers are one person, in groups of two or more, from now
// on. It replaces what was said before and belongs to the stream's state.
func (s *Stream) Link(groups [][]int) { s.clu.Link(groups) }

// At is how much of the stream has been heard, in samples.
func (s *Stream) At() int64 { return s.front.pushed }

// Replaced is how many samples of the stream were no sound: not numbers, infinite
// or far beyond full scale. Silence was taken for them.
func (s *Stream) Replaced() int64 { return s.front.replaced }

// Speakers iterates over the stream's speakers, as [online.Clusterer.Speakers]
// does.
func (s *Stream) Speakers() iter.Seq2[int, model.Stats] { return s.clu.Speakers() }
