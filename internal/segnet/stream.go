package segnet

import (
	"github.com/seed-7adb9000/diarizer/internal/clean"
	"github.com/seed-7adb9000/diarizer/internal/half"
)

// plan is how a stream is cut into windows.
type plan struct {
	window int // samples
	hop    int // frames from window to window
	ahead  int // frames at the end of a window that know too little of what follows
}

// published is the length that the network was trained on, a fifth of it as hop, and 0.5 s.
var published = plan{window: 10 * Rate, hop: 118, ahead: 30}

// useful is how many frames of a window have enough after them.
func (p plan) useful() int { return Frames(p.window) - p.ahead }

// Stream computes the frames of a sound without an end from windows of 10 s, one every
// 2 s. A frame's probabilities are the mean of the first two windows that have it with
// half a second after it. Two windows may name the voices differently: those of the
// second one are matched with the first one's.
//
// A frame comes out 2.5 to 4.5 s after it was heard, the first ones 10 s after. Frame k
// is about the sound around sample [Centre](k) of the stream. The frames depend on the
// samples alone, not on the blocks in which they are pushed.
//
// A stream has 0.4 MB. It is not safe for concurrent use. Use [NewStream].
type Stream struct {
	run Windows
	plan
	position int64 // samples of the stream that were pushed or skipped
	replaced int64

	// What follows is about the stretch of sound since the start or the last gap.
	start   int64    // its first frame
	drop    int      // samples before that are still to come
	windows int      // that were computed
	kept    []uint16 // samples from the latest window on, as 16-bit floats
	before  []Frame  // what the latest window says of the next one's first frames

	samples []float32 // scratch
	frames  []Frame   // scratch: of a window
}

// Windows computes windows: a [Runner], which can serve any number of streams in turn, or
// [Runners], which serve streams at the same time.
type Windows interface {
	// Run is that of a [Runner].
	Run(dst []Frame, samples []float32) int
}

// NewStream returns a stream at its start that computes with r.
func NewStream(r Windows) *Stream { return newStream(r, published) }

func newStream(r Windows, p plan) *Stream {
	return &Stream{
		run: r, plan: p,
		kept:    make([]uint16, 0, p.window+p.hop*Step),
		before:  make([]Frame, 0, p.useful()-p.hop),
		samples: make([]float32, p.window),
		frames:  make([]Frame, Frames(p.window)),
	}
}

// Reset puts the stream back to its start.
func (s *Stream) Reset() {
	s.position, s.replaced = 0, 0
	s.begin()
}

// begin begins a stretch at the next frame of the stream.
func (s *Stream) begin() {
	s.start = (s.position + Step - 1) / Step
	s.drop = int(s.start*Step - s.position)
	s.windows, s.kept, s.before = 0, s.kept[:0], s.before[:0]
}

// Replaced is how many samples were not numbers, infinite or far beyond full scale.
// Silence was taken for them.
func (s *Stream) Replaced() int64 { return s.replaced }

// Push takes the next samples and calls emit for each frame k that has become certain, in
// order. It keeps no reference to samples.
func (s *Stream) Push(samples []float32, emit func(k int64, f Frame)) {
	s.position += int64(len(samples))
	dropped := min(s.drop, len(samples))
	s.drop -= dropped
	for samples = samples[dropped:]; len(samples) > 0; {
		n := min(len(samples), s.due()-len(s.kept))
		for _, v := range samples[:n] {
			s.keep(v)
		}
		samples = samples[n:]
		if len(s.kept) == s.due() {
			s.next(emit)
		}
	}
}

func (s *Stream) keep(v float32) {
	if c := clean.One(v); c == v {
		s.kept = append(s.kept, half.Of(v))
		return
	}
	s.replaced++
	s.kept = append(s.kept, 0)
}

// due is how many samples are kept when the next window is.
func (s *Stream) due() int {
	if s.windows == 0 {
		return s.window
	}
	return s.window + s.hop*Step
}

// next computes the next window.
func (s *Stream) next(emit func(int64, Frame)) {
	if s.windows > 0 {
		s.kept = s.kept[:copy(s.kept, s.kept[s.hop*Step:])]
	}
	s.compute(s.kept)
	first := s.windows * s.hop
	if s.windows == 0 {
		s.settle(0, s.hop, emit)
	} else {
		s.settle(first, first+len(s.before), emit)
	}
	s.before = append(s.before[:0], s.frames[s.hop:s.useful()]...)
	s.windows++
}

// Flush ends the sound and calls emit for the frames that were still to come, so that
// there are [Frames] of the length since the start or the last gap. They are from a
// window that ends with the sound; a shorter sound is filled up with silence. What is
// pushed afterwards is taken as what follows a gap.
func (s *Stream) Flush(emit func(k int64, f Frame)) {
	origin := max(0, s.windows-1) * s.hop // of what is kept
	if total := origin + Frames(len(s.kept)); total > 0 {
		first := max(0, total-len(s.frames))
		last := s.kept[(first-origin)*Step:]
		s.compute(last[:min(len(last), s.window)])
		s.settle(first, total, emit)
	}
	s.begin()
}

// Skip says that n samples are missing. The sound before them ends as with Flush, the sound
// after them begins without knowing it. Frames that would hold both, and those of the
// gap, do not come out.
func (s *Stream) Skip(n int64, emit func(k int64, f Frame)) {
	s.Flush(emit)
	s.position += n
	s.begin()
}

// compute computes s.frames from a window, which is filled up with silence. Where it is
// digital silence altogether, nobody speaks.
func (s *Stream) compute(window []uint16) {
	var seen uint16
	for i, h := range window {
		s.samples[i] = half.Float32(h)
		seen |= h << 1 // all but the sign
	}
	if seen == 0 {
		for i := range s.frames {
			s.frames[i] = Frame{1}
		}
		return
	}
	n := len(window)
	if n < Field+(len(s.frames)-1)*Step {
		clear(s.samples[n:])
		n = len(s.samples)
	}
	s.run.Run(s.frames, s.samples[:n])
}

// settled is how many frames of the stretch have come out.
func (s *Stream) settled() int {
	switch s.windows {
	case 0:
		return 0
	case 1:
		return s.hop
	}
	return s.useful() + (s.windows-2)*s.hop
}

// settle lets the frames out that have not come out before frame end of the stretch.
// s.frames begin with frame first.
func (s *Stream) settle(first, end int, emit func(int64, Frame)) {
	known := s.windows * s.hop // where s.before begins
	if len(s.before) > 0 {
		match(s.before, s.frames[known-first:], s.frames)
	}
	for k := s.settled(); k < end; k++ {
		f := s.frames[k-first]
		if i := k - known; i < len(s.before) {
			f = mean(s.before[i], f)
		}
		emit(s.start+int64(k), f)
	}
}

func mean(a, b Frame) Frame {
	for i, v := range b {
		a[i] = (a[i] + v) / 2
	}
	return a
}
