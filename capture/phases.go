package capture

import (
	"math"
	"slices"
)

// phases tells which channels are in opposite phase to the rest, by how they
// correlate. Make it with newPhases.
type phases struct {
	opposite []bool

	energy []float64 // of each channel, decaying
	cross  []float64 // of each pair
	hops   float64   // that energy and cross are of
	before []int
}

const (
	// Of the correlation coefficient: where it is less, a channel is opposite,
	// where it is more, it is not, and in between it stays what it was. Noise and
	// people on channels of their own are near 0.
	oppositeBelow, alikeAbove = -0.5, 0.2

	// Sound is remembered for some 10 s of what is about as loud, so that pauses
	// change nothing, and of anything for some minutes.
	loudDecay, anyDecay = 1 - 1./1000, 1 - 1./20000
	// about is what counts as about as loud: up to 20 dB less than the mean.
	about = 0.01
	// faint is the part of the loudest channel's power below which a channel is
	// left as it is: 40 dB.
	faint = 1e-4
)

func newPhases(channels int) phases {
	return phases{
		opposite: make([]bool, channels),
		energy:   make([]float64, channels),
		cross:    make([]float64, channels*channels),
		before:   make([]int, 0, channels),
	}
}

// add takes the energies and the products of a hop.
func (p *phases) add(energy, cross []float64) {
	var now, all float64
	for c, e := range energy {
		now += e
		all += p.energy[c]
	}
	if now == 0 {
		return
	}
	keep := anyDecay
	take := now*p.hops >= about*all
	if take {
		keep *= loudDecay
		p.hops = p.hops*loudDecay + 1
	}
	for c := range p.energy {
		p.energy[c] *= keep
		if take {
			p.energy[c] += energy[c]
		}
	}
	for k := range p.cross {
		p.cross[k] *= keep
		if take {
			p.cross[k] += cross[k]
		}
	}
	p.judge()
}

// judge compares each channel with those before it, which are the ones that the
// phase is told by.
func (p *phases) judge() {
	loudest := slices.Max(p.energy)
	before := p.before[:0]
	for c := range p.energy {
		if p.energy[c] < faint*loudest {
			continue // too little to matter
		}
		var with, power float64
		for _, d := range before {
			product := p.cross[c*len(p.energy)+d]
			if p.opposite[d] {
				product = -product
			}
			with += product
			power += math.Sqrt(p.energy[c] * p.energy[d])
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
