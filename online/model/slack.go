package model

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Slacker gives speakers some freedom to differ from themselves. It is not
// safe for concurrent use.
type Slacker struct {
	ch  channel
	eps float64
}

// NewSlacker returns a Slacker for ν eigenvoices and the variance ε, in units
// of the variance between speakers.
func NewSlacker(nu int, eps float64) *Slacker {
	return &Slacker{ch: newChannel(nu, nu), eps: eps}
}

// Into writes to dst what s says of y when the factors that made the frames
// are y + z, z ~ N(0, εI): an eigenchannel in the directions of the voices,
//
//	<(I + εD⁻¹)⁻¹ d, (I + εD⁻¹)⁻¹ D⁻¹>.
//
// However long s is, its precision stays below 1/ε, which keeps long clusters
// from being sure of what the model cannot know. dst and s must not share
// memory.
func (k *Slacker) Into(dst *Stats, s Stats) {
	dst.N = s.N
	copy(dst.D, s.D)
	copy(dst.DInv, s.DInv)
	if k.eps == 0 {
		return
	}
	root := math.Sqrt(k.eps)
	floats.ScaleTo(k.ch.eInv, k.eps, s.DInv)
	floats.ScaleTo(k.ch.e, root, s.D)
	for i, at := 0, 0; i < k.ch.nu; i++ {
		for j := 0; j <= i; j, at = j+1, at+1 {
			v := root * s.DInv[at]
			k.ch.f[i*k.ch.nu+j], k.ch.f[j*k.ch.nu+i] = v, v
		}
	}
	k.ch.integrate(dst)
}
