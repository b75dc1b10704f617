package vad

// scorer turns the features of a hop into log odds for speech.
type scorer struct {
	z      [2*around + 1]float32
	level  [around + frontLag + 1]float32
	last   float32
	frames int64 // pushed
	steps  int64 // pushed or repeated
	done   int64 // returned
}

const (
	around   = 5 // frames on each side that are averaged
	frontLag = 1 // hops by which features lag the sound
)

func newScorer() scorer { return scorer{} }

func (s *scorer) delay() int { return around + frontLag }

func (s *scorer) push(f *features) (z, level float32, ok bool) {
	s.level[s.frames%int64(len(s.level))] = f.dbfs
	s.frames++
	s.last = evidence(f)
	return s.step()
}

// step takes s.last as the next frame's evidence.
func (s *scorer) step() (z, level float32, ok bool) {
	s.z[s.steps%int64(len(s.z))] = s.last
	s.steps++
	if s.steps-s.done <= int64(s.delay()) {
		return 0, 0, false
	}
	n := min(int64(len(s.z)), s.steps)
	for _, v := range s.z[:n] {
		z += v
	}
	level = s.level[s.done%int64(len(s.level))]
	s.done++
	return z / float32(n), level, true
}

// finish yields the frames still to come, one a call, the last evidence
// repeated, and makes ready for a new start when there are no more.
func (s *scorer) finish() (z, level float32, ok bool) {
	if s.done == s.frames {
		*s = newScorer()
		return 0, 0, false
	}
	for !ok {
		z, level, ok = s.step()
	}
	return z, level, true
}

// evidence is a hand-made estimate of the log odds: half harmonicity, half level
// over the noise floor.
func evidence(f *features) float32 {
	var over float32
	for _, v := range f.over[:bands] {
		over += max(0, min(v, 30)-3)
	}
	over /= bands
	h := f.pitch.height * min(1, f.pitch.prominence)
	return 5*(h-0.7) + 0.25*(over-12)
}
