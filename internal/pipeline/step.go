package pipeline

import (
	"iter"

	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Link says which speakers are one person, in groups of two or more, from now
// on. It replaces what was said before and belongs to the stream's state.
func (s *Stream) Link(groups [][]int) { s.clu.Link(groups) }

// Give says what is whose, see [online.Clusterer.Give]. It replaces what was said
// before and belongs to the stream's state.
func (s *Stream) Give(gifts []online.Gift) { s.clu.Give(gifts) }

// Divide tells what of some speakers, who are one person, is a second voice's, see
// [online.Clusterer.Divide].
func (s *Stream) Divide(speakers []int) []online.Span { return s.clu.Divide(speakers) }

// Reserve gives a number of a speaker away that is nobody's, above least.
func (s *Stream) Reserve(least int) int { return s.clu.Reserve(least) }

// At is how much of the stream has been heard, in samples.
func (s *Stream) At() int64 { return s.front.pushed }

// Replaced is how many samples of the stream were no sound: not numbers, infinite
// or far beyond full scale. Silence was taken for them.
func (s *Stream) Replaced() int64 { return s.front.replaced }

// Speakers iterates over the stream's speakers, as [online.Clusterer.Speakers]
// does.
func (s *Stream) Speakers() iter.Seq2[int, model.Stats] { return s.clu.Speakers() }
