package mix

import "math"

// phases finds channels in opposite phase to the rest, by their correlation. Make it with newPhases.
type phases struct {
	opposite []bool

	cross  []float64 // sums of products of each pair of channels, decaying
	hops   float64   // number of hops in the sums, decaying
	before []int
}

const (
	// Bounds of the correlation coefficient. Below the first, a channel is opposite; above
	// the second, it is not; in between, it stays as it was. Noise, and people on channels
	// of their own, are near 0.
	oppositeBelow, alikeAbove = -0.5, 0.2

	// The sums decay over some 10 s of sound of about the same level, so that pauses
	// change nothing, and over some minutes of any sound.
	loudDecay, anyDecay = 1 - 1./1000, 1 - 1./20000
	// about is the bound of about the same level: up to 20 dB below the mean.
	about = 0.01
	// faint is the part of the loudest channel's power below which a channel is
	// left as it is: 40 dB.
	faint = 1e-4
)

func newPhases(channels int) phases {
	return phases{
		opposite: make([]bool, channels),
		cross:    make([]float64, channels*channels),
		before:   make([]int, 0, channels),
	}
}

// power is the power of a channel.
func (p *phases) power(c int) float64 { return p.cross[c*len(p.opposite)+c] }

// add takes the sums of products of a hop.
func (p *phases) add(cross []float64) {
	var now, all float64
	for c := range p.opposite {
		now += cross[c*len(p.opposite)+c]
		all += p.power(c)
	}
	if now == 0 {
		return
	}
	keep, take := anyDecay, 0.
	if now*p.hops >= about*all {
		keep *= loudDecay
		take = 1
		p.hops = p.hops*loudDecay + 1
	}
	for k := range p.cross {
		p.cross[k] = keep*p.cross[k] + take*cross[k]
	}
	p.judge()
}

// judge compares each channel with those before it, which define the phase.
func (p *phases) judge() {
	loudest := 0.
	for c := range p.opposite {
		loudest = max(loudest, p.power(c))
	}
	before := p.before[:0]
	for c := range p.opposite {
		if p.power(c) < faint*loudest {
			continue // too faint to matter
		}
		var with, power float64
		for _, d := range before {
			product := p.cross[c*len(p.opposite)+d]
			if p.opposite[d] {
				product = -product
			}
			with += product
			power += math.Sqrt(p.power(c) * p.power(d))
		}
		switch {
		case len(before) == 0, with > alikeAbove*power:
			p.opposite[c] = false
		case with < oppositeBelow*power:
			p.opposite[c] = true
		}
		before = append(before, c)
	}
}
