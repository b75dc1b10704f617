package segnet

import (
	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
	"github.com/seed-7adb9000/diarizer/internal/network/half"
	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// plan is how a stream is cut into windows.
type plan struct {
	window int // samples
	hop    int // frames from window to window
	ahead  int // frames at the end of a window that know too little of what follows
	spare  int // samples after a window until those are forgotten that the next one has not
}

// published is the length that the network was trained on, a fifth of it as hop, and 0.5 s.
var published = plan{window: 10 * Rate, hop: 118, ahead: 30, spare: Rate / 10}

// useful is how many frames of a window have enough after them.
func (p plan) useful() int { return Frames(p.window) - p.ahead }

// Stream computes the frames of a sound without an end from windows of 10 s, one every
// 2 s. A frame's probabilities are the mean of the first two windows that have it with
// half a second after it. Every window names the voices as it likes: those of a window
// are matched with those of the one before, so that A, B and C stay who they are for as
// long as they are heard every few seconds.
//
// A frame comes out 2.5 to 4.5 s after it was heard, the first ones 10 s after. Frame k
// is about the sound around sample [Centre](k) of the stream. The frames depend on the
// samples alone, not on the blocks in which they are pushed.
//
// A stream has 0.35 MB. It is not safe for concurrent use. Use [NewStream].
type Stream struct {
	runners *Runners
	plan
	position int64 // samples of the stream that were pushed or skipped
	replaced int64

	// What follows is about the stretch of sound since the start or the last gap.
	ended   bool    // and not begun again
	start   int64   // its first frame
	drop    int     // samples before that are still to come
	windows int     // that were computed
	kept    kept    // from the latest window on, and then what the next one has
	before  []Frame // what the latest window says of the next one's first frames

	frames []Frame // scratch: of a window
	out    Frame   // scratch
}

// NewStream returns a stream at its start, on the fastest path of this machine.
func NewStream(net *Network) *Stream { return NewStreamOn(NewRunners(net, simd.Best())) }

// NewStreamOn returns a stream that computes with one of the runners, which serve any
// number of streams.
func NewStreamOn(r *Runners) *Stream { return newStream(r, published) }

func newStream(r *Runners, p plan) *Stream {
	return &Stream{
		runners: r, plan: p,
		kept:   kept{samples: make([]uint16, 0, p.window+p.spare)},
		before: make([]Frame, 0, p.useful()-p.hop),
		frames: make([]Frame, Frames(p.window)),
	}
}

// Reset puts the stream back to its start.
func (s *Stream) Reset() {
	s.position, s.replaced = 0, 0
	s.begin()
}

// begin begins a stretch at the next frame of the stream.
func (s *Stream) begin() {
	s.ended = false
	s.start = (s.position + Step - 1) / Step
	s.drop = int(s.start*Step - s.position)
	s.windows, s.before = 0, s.before[:0]
	s.kept.clear(s.start * Step)
}

// Replaced is how many samples were not numbers, infinite or far beyond full scale.
// Silence was taken for them.
func (s *Stream) Replaced() int64 { return s.replaced }

// Sound appends samples [from, to) of the stream to dst, rounded to 16-bit floats as the
// network hears them. Those of the frames that are still to come out are there; so are
// those of a frame when it comes out and for another 0.1 s. For what is not there, such as
// the sound before a gap once there is sound after it, Sound appends 0.
func (s *Stream) Sound(from, to int64, dst []float32) []float32 { return s.kept.into(dst, from, to) }

// Push takes the next samples and calls emit for each frame that has become certain,
// with its index in the stream, in order. The frame is valid during the call. Push keeps no
// reference to samples.
func (s *Stream) Push(samples []float32, emit func(index int64, f *Frame)) {
	if s.ended && len(samples) > 0 {
		s.begin()
	}
	s.position += int64(len(samples))
	dropped := min(s.drop, len(samples))
	s.drop -= dropped
	for samples = samples[dropped:]; len(samples) > 0; {
		if len(s.kept.samples) == s.window+s.spare {
			s.kept.drop(s.hop * Step)
		}
		until := s.window + s.spare
		if due := s.due(); due > len(s.kept.samples) {
			until = min(due, until)
		}
		n := min(len(samples), until-len(s.kept.samples))
		for _, v := range samples[:n] {
			c := clean.One(v)
			if c != v {
				s.replaced++
			}
			s.kept.append(c)
		}
		samples = samples[n:]
		if len(s.kept.samples) == s.due() {
			s.next(emit)
		}
	}
}

// origin is the frame of the stretch that begins with the first sample that is kept.
func (s *Stream) origin() int { return int(s.kept.first/Step - s.start) }

// due is how many samples are kept when the next window is complete.
func (s *Stream) due() int { return s.window + (s.windows*s.hop-s.origin())*Step }

// next computes the next window.
func (s *Stream) next(emit func(int64, *Frame)) {
	s.compute(s.kept.samples)
	if s.windows == 0 {
		s.release(0, s.hop, emit)
	} else {
		first := s.windows * s.hop
		s.release(first, first+len(s.before), emit)
	}
	s.before = append(s.before[:0], s.frames[s.hop:s.useful()]...)
	s.windows++
}

// Flush ends the sound and calls emit for the frames that were still to come, so that
// there are [Frames] of the length since the start or the last gap. They are from a
// window of 8 to 10 s that ends with the sound; a shorter sound is filled up with silence. What is
// pushed afterwards is taken as what follows a gap.
func (s *Stream) Flush(emit func(index int64, f *Frame)) {
	if s.ended {
		return
	}
	origin := s.origin()
	if total := origin + Frames(len(s.kept.samples)); total > 0 {
		first := max(0, total-len(s.frames), origin)
		last := s.kept.samples[(first-origin)*Step:]
		s.compute(last[:min(len(last), s.window)])
		s.release(first, total, emit)
	}
	s.ended = true
}

// Skip says that the next n samples are missing. The sound before them ends as with
// Flush, the sound after them begins without knowing it. Frames that would hold some of
// them do not come out.
func (s *Stream) Skip(n int64, emit func(index int64, f *Frame)) {
	s.Flush(emit)
	s.position += n
}

// compute computes s.frames from a window. A sound that has ended before its first window
// is filled up with silence. Where it is digital silence altogether, nobody speaks.
func (s *Stream) compute(window []uint16) {
	r := s.runners.take()
	defer s.runners.give(r)
	n := len(window)
	if s.windows == 0 {
		n = s.window
	}
	samples := sized(r.window, n)
	r.window = samples
	var seen uint16
	for i, h := range window {
		samples[i] = half.Float32(h)
		seen |= h << 1 // all but the sign
	}
	clear(samples[len(window):])
	if seen == 0 {
		for i := range s.frames {
			s.frames[i] = Frame{1}
		}
		return
	}
	r.Run(s.frames, samples)
}

// released is how many frames of the stretch have come out.
func (s *Stream) released() int {
	switch s.windows {
	case 0:
		return 0
	case 1:
		return s.hop
	}
	return s.useful() + (s.windows-2)*s.hop
}

// release lets the frames out that have not come out before frame end of the stretch.
// s.frames begin with frame first.
func (s *Stream) release(first, end int, emit func(int64, *Frame)) {
	known := s.windows * s.hop // where s.before begins
	if len(s.before) > 0 {
		match(s.before, s.frames[known-first:], s.frames)
	}
	for k := s.released(); k < end; k++ {
		s.out = s.frames[k-first]
		if i := k - known; i < len(s.before) {
			s.out.average(&s.before[i])
		}
		emit(s.start+int64(k), &s.out)
	}
}
