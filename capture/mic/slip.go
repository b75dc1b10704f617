package mic

import "math"

const (
	// slipSpan is the stretch of sound over which one sample is added or taken
	// out: 20 ms, a change of pitch of 0.3 %.
	slipSpan = 320
	// slipHalf is half the length of the interpolating filter, in samples.
	slipHalf = 16
)

// slipper passes on sound unchanged or, on request, with one sample more or less. For that, it reads slipSpan
// samples at a slightly lower or higher rate, by windowed-sinc interpolation. The joints are exact, because the
// first sample of a span and the first one after it are at whole positions.
type slipper struct {
	// buf begins with slipHalf samples that were passed on before. The others wait.
	buf  []float32
	dir  int // +1: add a sample, -1: take one out, 0: nothing to do
	done int // samples added, less those removed, since the last take
}

func newSlipper() *slipper {
	return &slipper{buf: make([]float32, slipHalf, 4096)}
}

// push appends to dst the samples that can be passed on after in.
func (s *slipper) push(dst, in []float32) []float32 {
	s.buf = append(s.buf, in...)
	if s.dir != 0 && len(s.buf) >= slipHalf+slipSpan+slipHalf {
		dst = s.stretch(dst, slipSpan+s.dir)
		s.drop(slipSpan)
		s.done += s.dir
		s.dir = 0
	}
	if s.dir == 0 {
		dst = s.flush(dst)
	}
	return dst
}

// flush appends to dst all that waits, untouched.
func (s *slipper) flush(dst []float32) []float32 {
	dst = append(dst, s.buf[slipHalf:]...)
	s.drop(len(s.buf) - slipHalf)
	return dst
}

// drop makes the first n waiting samples history.
func (s *slipper) drop(n int) { s.buf = s.buf[:copy(s.buf, s.buf[n:])] }

// take returns by how much push has changed the number of samples since the last call.
func (s *slipper) take() int {
	n := s.done
	s.done = 0
	return n
}

// stretch appends the first slipSpan waiting samples as n samples.
func (s *slipper) stretch(dst []float32, n int) []float32 {
	for k := range n {
		t := float64(k) * slipSpan / float64(n)
		whole := math.Floor(t)
		x := s.buf[int(whole)+1 : int(whole)+1+2*slipHalf]
		var sum, weights float64
		for i, v := range x {
			w := kernel(t - whole - float64(i-slipHalf+1))
			sum += float64(v) * w
			weights += w
		}
		dst = append(dst, float32(max(-1, min(1, sum/weights))))
	}
	return dst
}

// kernel is a sinc in a Hann window of slipHalf on either side.
func kernel(t float64) float64 {
	if t == 0 {
		return 1
	}
	x := math.Pi * t
	return math.Sin(x) / x * (1 + math.Cos(x/slipHalf)) / 2
}
