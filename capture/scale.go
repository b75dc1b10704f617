package capture

import (
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/capture/pcm"
)

// scale finds the full scale of floating-point samples. It should be 1; programs
// that forget to divide write numbers up to ±32,768 or more. It is decided by the
// samples so far, in hops of 10 ms, and only grows. The zero value is ready.
type scale struct {
	index int  // into scales
	clear bool // whether the samples leave no doubt about the scale

	at    int // samples of the current hop
	loud  int // samples of more than twice full scale
	some  int // samples that are not 0
	small int // samples of less than 1
	parts int // samples that are not whole numbers
	large int // samples that are whole numbers of 2 and more
}

// scales are the possible values of full scale: 1, sound that is merely far too loud, and integers of 16, 24 and 32 bits.
var scales = [...]float32{1, 1 << 6, 1 << 15, 1 << 23, 1 << 31}

const (
	// wholeNumbers is the index of the least scale of integers.
	wholeNumbers = 2
	// leastSamples is how many samples of a hop a decision needs.
	leastSamples = 8
)

// apply divides interleaved frames by the scale.
func (s *scale) apply(frames []float32, f pcm.Format) {
	hop := s.hop(f)
	for len(frames) > 0 {
		n := max(1, min(len(frames), hop-s.at))
		by := 1 / scales[s.index]
		s.watch(frames[:n], f)
		if by != 1 {
			for i := range frames[:n] {
				frames[i] *= by
			}
		}
		frames = frames[n:]
	}
}

// hop is 10 ms in samples of all channels.
func (s *scale) hop(f pcm.Format) int { return max(1, f.Rate/100) * f.Channels }

// watch counts samples as they come from the decoder.
func (s *scale) watch(samples []float32, f pcm.Format) {
	hop, limit := s.hop(f), 2*scales[s.index]
	for _, x := range samples {
		if x < 0 {
			x = -x
		}
		if x > 0 {
			s.some++
			switch {
			case x < 1:
				s.small++
			case float64(x) != math.Trunc(float64(x)):
				s.parts++
			case x >= 2:
				s.large++
			}
			if x > limit {
				s.loud++
			}
		}
		if s.at++; s.at >= hop {
			s.judge()
			limit = 2 * scales[s.index]
		}
	}
}

// judge ends a hop.
func (s *scale) judge() {
	whole := s.small+s.parts == 0 && s.large >= leastSamples
	switch {
	case whole && s.index < wholeNumbers:
		s.index = wholeNumbers
	case s.loud >= leastSamples && 4*s.loud > s.some && s.index < len(scales)-1:
		s.index++
	}
	s.clear = s.index == 0 && s.small >= leastSamples && 2*s.small > s.some
	s.at, s.loud, s.some, s.small, s.parts, s.large = 0, 0, 0, 0, 0, 0
}

// String is a sentence about the division, empty if there was none.
func (s *scale) String() string {
	if s.index == 0 {
		return ""
	}
	return fmt.Sprintf("its samples go far beyond ±1, and were divided by %.0f", scales[s.index])
}
