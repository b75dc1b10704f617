package simd

import (
	"fmt"
	"math"
)

// pooled is how many rows Peaks makes one of.
const pooled = 3

// Peaks computes rows rows of dst, each len(scale) long, from three rows of src each:
//
//	dst[r] = max(|src[3r]·scale + shift|, |src[3r+1]·scale + shift|, |src[3r+2]·scale + shift|)
//
// scale and shift must be of one length, a multiple of 16; other lengths and slices that
// are too short panic.
func Peaks(p Path, dst, src Matrix, rows int, scale, shift []float32) {
	n := len(scale)
	if n%lanes != 0 || len(shift) != n {
		panic(fmt.Sprintf("simd: a scale of %d numbers and a shift of %d: expected one multiple of %d", n, len(shift), lanes))
	}
	for r := range rows {
		s := Matrix{src.Data[pooled*r*src.Stride:][:(pooled-1)*src.Stride+n], src.Stride}
		peaks(p, dst.Data[r*dst.Stride:][:n], s, scale, shift)
	}
}

func portablePeaks(dst []float32, src Matrix, scale, shift []float32) {
	for i, s := range scale {
		var most float32
		for r := range pooled {
			v := float32(src.Data[r*src.Stride+i]*s) + shift[i]
			v = math.Float32frombits(math.Float32bits(v) &^ (1 << 31))
			if v > most {
				most = v
			}
		}
		dst[i] = most
	}
}
