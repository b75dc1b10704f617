package state

import (
	"math"
	"slices"
)

// Rows stands for *p, rows of width numbers, each of which is near the number above it, as in
// spectra. [packer.put] writes the differences of their bits. For log energies of speech, a
// difference takes about 22 bits instead of 32.
func Rows(p *[]float32, width func() int) Field {
	return Field{p, func(c *coder) {
		packed(c, tagRows, p, func(k *packer) { k.putRows(*p, width()) }, (*packer).rows)
	}}
}

// widest is the largest width. Wider rows are cut.
const widest = 1<<16 - 1

func (k *packer) putRows(v []float32, width int) {
	if len(v) == 0 {
		return
	}
	width = min(max(width, 1), widest)
	k.w.TryWriteBits(uint64(width), 16)
	k.w.TryWriteBits(uint64(ordered(v[0])), 32)
	var above []float32
	left := ordered(v[0])
	for row := range slices.Chunk(v, width) {
		k.left, k.plain = k.left[:0], k.plain[:0]
		for i, x := range row {
			o := ordered(x)
			if above != nil {
				left = ordered(above[i])
			}
			k.left = append(k.left, zigzag(o-left))
			k.plain = append(k.plain, uint64(o))
			left = o
		}
		k.put(32, true)
		above = row
	}
}

// rows reads n numbers.
func (k *packer) rows(dst []float32, n int) []float32 {
	if n == 0 {
		return dst
	}
	width := int(k.r.TryReadBits(16))
	left := int64(k.r.TryReadBits(32))
	for first := 0; first < n && width > 0 && k.r.TryError == nil; first += width {
		plain := k.get(32, min(width, n-first))
		for i, v := range k.left {
			if first > 0 {
				left = ordered(dst[first-width+i])
			}
			o := int64(v)
			if !plain {
				o = left + unzigzag(v)
			}
			dst = append(dst, ofOrdered(o))
			left = o
		}
	}
	return dst
}

// ordered returns the bits of a number as an integer, in the order of the numbers.
func ordered(v float32) int64 {
	b := math.Float32bits(v)
	if b>>31 != 0 {
		return int64(^b)
	}
	return int64(b | 1<<31)
}

// ofOrdered is the inverse of ordered.
func ofOrdered(o int64) float32 {
	b := uint32(o)
	if b>>31 != 0 {
		return math.Float32frombits(b &^ (1 << 31))
	}
	return math.Float32frombits(^b)
}
