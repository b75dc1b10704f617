package pipeline

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online"
	"github.com/seed-7adb9000/diarizer/segment"
	"github.com/seed-7adb9000/diarizer/vad"
)

// Sound that was lost stays in the time as silence, samples of exactly 0. So many
// of them are pushed until the stages rest: filters have ended, the detector rests,
// no utterance and no turn is open. From there on more silence changes nothing but
// positions, and is skipped: a gap costs a few seconds of silence at most, however
// long it is, and leads to the same events as silence pushed in full.

// leastPatience is how much silence behind speech is pushed at least, in samples: a
// turn then has ended in it.
const leastPatience = capture.Rate

// piece is how much is pushed at a time, in samples: between two pieces a run that
// is over is left.
const piece = capture.Rate / 4

// skipTo stands in for what was lost before position start, until ctx is done, and
// returns where that was, its End 0 where nothing was lost.
func (f *front) skipTo(ctx context.Context, start int64, emit func(segment.Event)) (gap vad.Span, err error) {
	if start <= f.pushed {
		return vad.Span{}, nil
	}
	if start > capture.MaxPosition {
		return vad.Span{}, fmt.Errorf("pipeline: a block at sample %d, %d after the last: expected positions up to %d",
			start, start-f.pushed, int64(capture.MaxPosition))
	}
	gap = vad.Span{Start: f.pushed, End: start}
	silence := make([]float32, min(piece, start-f.pushed))
	for f.pushed < start {
		if f.skip(start-f.pushed, emit) {
			continue
		}
		f.push(silence[:min(start-f.pushed, int64(len(silence)))], emit)
		if ctx.Err() != nil {
			return gap, context.Cause(ctx)
		}
	}
	return gap, nil
}

// skip passes over as much of n samples of silence as makes whole chunks, if that is
// what pushing them would come to. Of the points of the grid on the
// way only the last one has an event.
func (f *front) skip(n int64, emit func(segment.Event)) bool {
	frames := min(n/features.Hop, f.free())
	frames -= frames % f.cycle()
	if frames == 0 || f.done*features.Hop-f.spoke < f.patience || !f.resting() {
		return false
	}
	f.pushed += frames * features.Hop
	f.done += frames
	f.ext.Skip(frames)
	if f.det != nil {
		f.det.Skip(frames)
	}
	last := emit
	emit = f.draft(emit)
	grid := f.done - f.done%segment.ChunkFrames
	at := (grid-1)*features.Hop + f.delay
	if f.given != nil {
		f.given.Skip(frames, at, emit)
	} else {
		f.cut.Skip(frames, at, emit)
	}
	if f.second != nil {
		f.second.skip(frames, f.pushed, last)
	}
	return true
}

// cycle returns the number of frames that silence is skipped in multiples of.
func (f *front) cycle() int64 {
	if f.second == nil {
		return segment.ChunkFrames
	}
	return f.second.cycle()
}

// free returns how many frames from the next one on are known to be no speech if
// they are silence.
func (f *front) free() int64 {
	switch {
	case f.given != nil:
		return f.given.Free()
	case f.det == nil:
		return f.untilGiven()
	}
	return math.MaxInt64
}

// resting reports whether silence changes nothing but positions.
func (f *front) resting() bool {
	if !f.ext.Resting() || f.cut != nil && !f.cut.Resting() || f.second != nil && !f.second.resting() {
		return false
	}
	if f.det == nil {
		return true
	}
	for _, d := range f.decisions {
		if d.Speech || d != f.decisions[0] {
			return false
		}
	}
	return f.det.Resting()
}

// hear takes a block piece by piece, until ctx is done.
func (f *front) hear(ctx context.Context, b capture.Block, emit func(segment.Event)) (gap vad.Span, err error) {
	if gap, err = f.skipTo(ctx, b.Start, emit); err != nil {
		return gap, err
	}
	for x := b.Samples; len(x) > 0; {
		n := min(len(x), piece)
		f.push(x[:n], emit)
		x = x[n:]
		if ctx.Err() != nil {
			return gap, context.Cause(ctx)
		}
	}
	return gap, nil
}

// Hear takes the stream's next block. Sound that is missing before it stays in
// the time as silence; gap says where, its End 0 where nothing is missing. A block
// beyond [capture.MaxPosition] is an error, and ctx ends long ones early: the
// stream then is of no more use.
func (s *Stream) Hear(ctx context.Context, b capture.Block, emit func(online.Event)) (gap vad.Span, err error) {
	return s.front.hear(ctx, b, func(ev segment.Event) { s.clu.Push(ev, emit) })
}
