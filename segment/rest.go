package segment

import "math"

// Resting reports whether all samples that frames to come need are silence, exactly
// 0: frames of more silence would be like the next one.
func (e *Extractor) Resting() bool {
	if e.ended || e.next < int64(e.statics.span) {
		return false
	}
	e.drop()
	for _, v := range e.buf {
		if v != 0 {
			return false
		}
	}
	return true
}

// Skip does what adding frames·Hop samples of 0 and passing over as many frames
// would do, at no cost, while the extractor is [Extractor.Resting].
func (e *Extractor) Skip(frames int64) {
	e.first += frames
	e.next += frames
	e.samples += frames * Hop
}

// Resting reports whether no utterance is open, so that frames that are not speech
// only count.
func (s *Segmenter) Resting() bool { return !s.open }

// Free returns how many frames from here on belong to no utterance, 0 where one is
// not over.
func (g *Given) Free() int64 {
	switch {
	case len(g.pending) > 0 || g.closed < g.next || g.n*Hop < g.until:
		return 0
	case g.next == len(g.utts):
		return math.MaxInt64
	}
	return max(0, g.utts[g.next].Start/Hop-g.n)
}
