package state

import (
	"math/bits"
	"slices"
)

// Halves stands for *p, 16-bit floats (IEEE 754 binary16) each of which can be predicted from those
// before it, as in sound. [packer.put] writes the errors of a [predictor]. For recorded speech, an
// error takes 5 to 8 bits instead of 16. For other data, 256 numbers take two bytes more than
// without Halves.
func Halves(p *[]uint16) Field {
	return Field{p, func(c *coder) {
		packed(c, tagHalves, p, func(k *packer) { k.putHalves(*p) }, (*packer).halves)
	}}
}

// blockHalves is the number of values in a block.
const blockHalves = 256

func (k *packer) putHalves(v []uint16) {
	var p predictor
	for block := range slices.Chunk(v, blockHalves) {
		all, exact := uint64(0), true
		for _, h := range block {
			all |= uint64(units(h))
			exact = exact && h != negativeZero
		}
		shift := bits.TrailingZeros64(all) & 63 // 9 for 16-bit samples
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

// units returns a 16-bit float as a multiple of 2^−24. Every 16-bit float is one.
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

// ofUnits is the inverse of units.
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

// predictor predicts the next value of a sound by an adaptive filter over the latest differences
// (normalised least mean squares). It computes in integers only, so that its predictions are the
// same on every machine.
type predictor struct {
	last   int64 // the latest value, in units
	weight [taps]int64
	steps  [taps]int64 // the latest differences, the latest first
	energy int64       // of steps
	step   int64       // predicted next difference
}

const (
	taps = 8
	// coarse is by how many bits steps are coarser than units, and largestStep the largest
	// of them: that of full scale is 2^18.
	coarse, largestStep = 6, 1 << 20
	// weightBits is the number of fractional bits of a weight.
	weightBits = 20
	// learning is the learning rate, as a power of 1/2.
	learning = 5
)

// next returns the prediction.
func (p *predictor) next() int64 {
	p.step = 0
	for i, w := range p.weight {
		p.step += w * p.steps[i]
	}
	p.step >>= weightBits
	return p.last + p.step<<coarse
}

// add takes the value that came after the prediction of next.
func (p *predictor) add(x int64) {
	step := min(max((x-p.last)>>coarse, -largestStep), largestStep)
	wrong := min(max(step-p.step, -largestStep), largestStep)
	const more = 10 // extra bits, so that a small error in loud sound counts
	gain := wrong << (weightBits - learning + more) / (p.energy + 1)
	for i, s := range p.steps {
		p.weight[i] += gain * s >> more
	}
	p.energy += step*step - p.steps[taps-1]*p.steps[taps-1]
	copy(p.steps[1:], p.steps[:])
	p.steps[0], p.last = step, x
}
