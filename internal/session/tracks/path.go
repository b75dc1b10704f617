package tracks

// What is known of the way from one microphone to another.
const (
	shareOf   = 0.3 // of what was leakage, the levels of which are no more than the usual
	known     = 20  // steps from which on that is known
	beyond    = 8   // decibels above the usual that are the track's own
	forgotten = 400 // steps after which what was counts half
)

// path is how loud something is that is heard over another microphone, in decibels
// relative to that. While two speak at once each hears the other, and both are alike in
// part; but whoever speaks is louder than what the path would let through.
type path struct {
	counts [256]int
	total  int
}

// exceeds reports whether a level is more than what comes by the path, and learns from it.
func (p *path) exceeds(level float64) bool {
	is := p.total >= known && level > p.usual()+beyond
	p.counts[max(0, min(255, int(level)+128))]++
	if p.total++; p.total >= 2*forgotten {
		p.total = 0
		for i := range p.counts {
			p.counts[i] /= 2
			p.total += p.counts[i]
		}
	}
	return is
}

func (p *path) usual() float64 {
	left := int(shareOf * float64(p.total))
	for i, n := range p.counts {
		if left -= n; left < 0 {
			return float64(i - 128)
		}
	}
	return 127
}

// between is by how many decibels a step is louder in e than in o, so many frames before.
func (e *ear) between(o *ear, s stretch, at int) float64 {
	sum, n := 0.0, 0
	for t := max(s.from, at); t < min(s.to, len(e.frames), len(o.frames)+at); t++ {
		sum += e.frames[t].Level() - o.frames[t-at].Level()
		n++
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}
