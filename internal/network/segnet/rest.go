package segnet

// Resting reports whether all that is known of the sound is silence, exactly 0, and was
// taken for it.
func (s *Stream) Resting() bool {
	if s.windows == 0 || s.ended {
		return false
	}
	for _, h := range s.kept.samples {
		if h<<1 != 0 { // all but the sign
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
	n := times * s.Cycle()
	s.position += n
	s.start += times * int64(s.hop)
	s.kept.first += n
}
