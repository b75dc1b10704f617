// Package clean keeps out of the stages what is no sound. One sample that is not a
// number would otherwise stay in every running sum behind it for as long as the
// stream lasts. Every public entrance for samples uses it.
package clean

import "math"

// Limit is how far from 0 a sample may lie, in units of full scale. Whole numbers
// of 16 bits that somebody passes on as they are lie within it, and what is beyond
// is a mistake of a program, not loud sound.
const Limit = 1 << 16

// The bounds as bit patterns. Without the sign, those of numbers are in the order
// of the numbers, with infinity and what is not a number above all of them.
//
// The lower bound is the least a sample can be and still be sound, 2^−40 or −240
// dBFS: below the last bit of any format of whole numbers. Products of a few
// fainter ones would be subnormal numbers, which take a hundred times as long.
const (
	limitBits = (127 + 16) << 23 // Limit
	faintBits = (127 - 40) << 23
)

const unsigned = 1<<31 - 1

// In puts 0 for the samples of x that are no sound, and returns how many were
// replaced because they are not numbers, infinite or beyond [Limit]. It changes
// too faint ones likewise and does not count them: nobody can hear the difference.
func In(x []float32) (replaced int) {
	if !Needed(x) {
		return 0
	}
	for i, v := range x {
		switch bits := math.Float32bits(v) & unsigned; {
		case bits > limitBits:
			x[i] = 0
			replaced++
		case bits < faintBits:
			x[i] = 0
		}
	}
	return replaced
}

// Needed reports whether [In] would change x. It is the cost of samples that are
// all sound: about a nanosecond each.
func Needed(x []float32) bool {
	for _, v := range x {
		bits := math.Float32bits(v) & unsigned
		if bits-faintBits > limitBits-faintBits && bits != 0 { // too faint ones wrap around
			return true
		}
	}
	return false
}

// One is [In] for a single sample, where the result is a number of another kind
// and nothing is kept of it.
func One(v float32) float32 {
	if bits := math.Float32bits(v) & unsigned; bits > limitBits {
		return 0
	}
	return v
}

// Copied is [In] for samples that belong to somebody else: it returns x itself
// where that is clean, or a clean copy in buf, which grows as it has to.
func Copied(buf *[]float32, x []float32) (clean []float32, replaced int) {
	if !Needed(x) {
		return x, 0
	}
	*buf = append((*buf)[:0], x...)
	return *buf, In(*buf)
}
