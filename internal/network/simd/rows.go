package simd

import "fmt"

// lanes divides the lengths that ScaleShift and Sum take.
const lanes = 16

// ScaleShift computes rows rows of dst, each len(scale) long:
//
//	dst[r] = max(floor, src[r]·scale + shift)
//
// dst may be src. scale and shift must be of one length, a multiple of 16; other lengths
// and slices that are too short panic.
func ScaleShift(p Path, dst, src Matrix, rows int, scale, shift []float32, floor float32) {
	n := len(scale)
	if n%lanes != 0 || len(shift) != n {
		panic(fmt.Sprintf("simd: a scale of %d numbers and a shift of %d: expected one multiple of %d", n, len(shift), lanes))
	}
	for r := range rows {
		scaleShift(p, dst.Data[r*dst.Stride:][:n], src.Data[r*src.Stride:][:n], scale, shift, floor)
	}
}

// Sum writes the sums of the first columns over rows rows of src to dst, in the
// order of the rows. It takes as many columns as dst has, a multiple of 16; another
// number and slices that are too short panic.
func Sum(p Path, dst []float32, src Matrix, rows int) {
	if len(dst)%lanes != 0 {
		panic(fmt.Sprintf("simd: sums of %d columns, expected a multiple of %d", len(dst), lanes))
	}
	if rows <= 0 || len(dst) == 0 {
		clear(dst)
		return
	}
	sum(p, dst, Matrix{src.Data[:(rows-1)*src.Stride+len(dst)], src.Stride}, rows)
}
