package state

import (
	"math/bits"
	"slices"
)

// Halves stands for *p, 16-bit floats (IEEE 754 binary16) of which each is near what the
// ones before lead to, as in sound. What a [predictor] leaves of each is written by
// [packer.put]. Recorded speech takes 5 to 8 of its 16 bits; what is no sound takes two bytes
// more for each 256 numbers.
func Halves(p *[]uint16) Field {
	return Field{p, func(c *coder) {
		packed(c, tagHalves, p, func(k *packer) { k.putHalves(*p) }, (*packer).halves)
	}}
}

// blockHalves is how many numbers are written in one way.
const blockHalves = 256

func (k *packer) putHalves(v []uint16) {
	var p predictor
	for block := range slices.Chunk(v, blockHalves) {
		all, exact := uint64(0), true
		for _, h := range block {
			all |= uint64(units(h))
			exact = exact && h != negativeZero
		}
		shift := bits.TrailingZeros64(all) & 63 // that of 16-bit samples is 9
		k.w.TryWriteBits(uint64(shift), 6)
		k.left, k.plain = k.left[:0], k.plain[:0]
		for _, h := range block {
			x := units(h)
			k.left = append(k.left, zigzag(x>>shift-p.next()>>shift))
			k.plain = append(k.plain, uint64(h))
			p.add(x)
		}
		k.put(16, exact)
	}
}

// halves reads n numbers.
func (k *packer) halves(dst []uint16, n int) []uint16 {
	var p predictor
	for n > 0 && k.r.TryError == nil {
		shift := k.r.TryReadBits(6)
		size := min(n, blockHalves)
		plain := k.get(16, size)
		for _, v := range k.left {
			next := p.next()
			h := uint16(v)
			if !plain {
				h = ofUnits((unzigzag(v) + next>>shift) << shift)
			}
			dst = append(dst, h)
			p.add(units(h))
		}
		n -= size
	}
	return dst
}

const negativeZero = 1 << 15

// units returns a 16-bit float in units of 2^−24, of which all of them are multiples.
func units(h uint16) int64 {
	exp, x := h>>10&31, int64(h&1023)
	if exp > 0 {
		x = (x + 1024) << (exp - 1)
	}
	if h&negativeZero != 0 {
		return -x
	}
	return x
}

// ofUnits returns the 16-bit float of which units makes x.
func ofUnits(x int64) uint16 {
	sign := uint16(0)
	if x < 0 {
		sign, x = negativeZero, -x
	}
	if x < 1024 {
		return sign | uint16(x)
	}
	exp := bits.Len64(uint64(x)) - 10
	return sign | uint16(exp&31)<<10 | uint16(x>>(exp-1))&1023
}

// predictor tells the next number of a sound by a filter over the latest differences that
// learns as it goes (normalised least mean squares). It computes in whole numbers alone, so
// that it tells the same on every machine.
type predictor struct {
	last   int64 // number, in units
	weight [taps]int64
	steps  [taps]int64 // the latest differences, the latest first
	energy int64       // of steps
	step   int64       // that is expected next
}

const (
	taps = 8
	// coarse is by how many bits steps are coarser than units, and largestStep the largest
	// of them: that of full scale is 2^18.
	coarse, largestStep = 6, 1 << 20
	// weightBits are those of a weight after the point.
	weightBits = 20
	// learning is the rate, as a power of 1/2.
	learning = 5
)

// next returns what is expected.
func (p *predictor) next() int64 {
	p.step = 0
	for i, w := range p.weight {
		p.step += w * p.steps[i]
	}
	p.step >>= weightBits
	return p.last + p.step<<coarse
}

// add takes what came, after next.
func (p *predictor) add(x int64) {
	step := min(max((x-p.last)>>coarse, -largestStep), largestStep)
	wrong := min(max(step-p.step, -largestStep), largestStep)
	const more = 10 // bits, so that a small error of a loud sound counts
	gain := wrong << (weightBits - learning + more) / (p.energy + 1)
	for i, s := range p.steps {
		p.weight[i] += gain * s >> more
	}
	p.energy += step*step - p.steps[taps-1]*p.steps[taps-1]
	copy(p.steps[1:], p.steps[:])
	p.steps[0], p.last = step, x
}
