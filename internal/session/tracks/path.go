package tracks

// How the loudness of crosstalk from one microphone to another is learned.
const (
	shareOf   = 0.3 // share of the steps of crosstalk whose level is at most the usual
	known     = 20  // steps after which the usual level is known
	beyond    = 8   // decibels above the usual from which a step is the track's own
	forgotten = 400 // after twice as many steps, the counts are halved
)

// path is how loud crosstalk is in a track, in decibels relative to the track of the
// speaker. When two people speak at once, each microphone hears both, and the two tracks
// are partly alike. A track whose own speaker speaks is then louder than the path allows.
type path struct {
	counts [256]int
	total  int
}

// exceeds reports whether a level is more than what comes by the path, and adds the level
// to what the path has learned.
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

// between is by how many decibels a step is louder in e than in o at frames earlier.
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
