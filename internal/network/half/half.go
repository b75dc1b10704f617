// Package half converts 16-bit floating point numbers (IEEE 754 binary16): 11 bits of
// precision from 2^−14 to 65504, and less below.
package half

import "math"

// Max is the largest number that 16 bits hold.
const Max = 65504

// Float32 returns h, exactly.
func Float32(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10)&31, uint32(h)&1023
	switch exp {
	case 0: // zero and below the normal range, in units of 2^-24
		return math.Float32frombits(math.Float32bits(float32(frac)/(1<<24)) | sign)
	case 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+127-15)<<23 | frac<<13)
}

// Of returns the nearest number of 16 bits, of two that are equally near the even one.
// Beyond ±[Max] it returns ±Max, and 0 for what is not a number.
func Of(v float32) uint16 {
	bits := math.Float32bits(v)
	sign := uint16(bits >> 16 & 0x8000)
	size := math.Float32frombits(bits &^ (1 << 31))
	switch {
	case v != v:
		return 0
	case size > Max:
		return sign | 0x7bff
	case size < 1./(1<<14): // the last bit of 0.5 and more is 2^−24
		return sign | uint16(math.Float32bits(size+0.5)-math.Float32bits(0.5))
	}
	even := math.Float32bits(size) >> 13 & 1
	return sign | uint16((math.Float32bits(size)+0xfff+even-112<<23)>>13)
}
