package pipeline

import (
	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/segment"
)

// stage is what cuts frames: a [segment.Segmenter] or a [segment.Given].
type stage interface {
	Push(at int64, f segment.Frame, emit func(segment.Event))
}

// handOn gives a stage the next frame. Its features are computed where they are needed.
func handOn(to stage, at int64, f segment.Frame, needed bool, ext *features.Extractor, emit func(segment.Event)) {
	if needed {
		f.Features = ext.Next()
	} else {
		ext.Pass()
	}
	to.Push(at, f, emit)
}

// drop removes the first n of a list and keeps its memory.
func drop[T any](list []T, n int) []T { return append(list[:0], list[n:]...) }
