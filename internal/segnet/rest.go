package segnet

import "github.com/seed-7adb9000/diarizer/internal/half"

// origin is the sample of the stream that the first one kept is.
func (s *Stream) origin() int64 { return (s.start + int64(max(0, s.windows-1)*s.hop)) * Step }

// Sound appends the samples of the stream from one position to another to dst, as they
// are kept: as 16-bit floats. They begin with those of the latest window, or of the
// first one to come.
func (s *Stream) Sound(dst []float32, from, to int64) []float32 {
	first := s.origin()
	for _, h := range s.kept[from-first : to-first] {
		dst = append(dst, half.Float32(h))
	}
	return dst
}

// Resting reports whether all that is known of the sound is silence, exactly 0, and was
// taken for it.
func (s *Stream) Resting() bool {
	if s.windows == 0 || s.drop > 0 {
		return false
	}
	for _, h := range s.kept {
		if h<<1 != 0 {
			return false
		}
	}
	for _, f := range s.before {
		if f != (Frame{1}) {
			return false
		}
	}
	return true
}

// Cycle is the number of samples from window to window.
func (s *Stream) Cycle() int64 { return int64(s.hop) * Step }

// Pass does what pushing times·Cycle samples of 0 would do, but that no frames come
// out, while the stream is [Stream.Resting].
func (s *Stream) Pass(times int64) {
	s.position += times * s.Cycle()
	s.start += times * int64(s.hop)
}
