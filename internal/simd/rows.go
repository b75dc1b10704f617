package simd

// ScaleShift computes rows rows of dst, each len(scale) long:
//
//	dst[r] = max(floor, src[r]·scale + shift)
//
// dst may be src. shift must be as long as scale; slices that are too short panic.
func ScaleShift(p Path, dst, src Matrix, rows int, scale, shift []float32, floor float32) {
	n := len(scale)
	shift = shift[:n]
	for r := range rows {
		d, s := dst.Data[r*dst.Stride:][:n], src.Data[r*src.Stride:][:n]
		for i, v := range s {
			d[i] = atLeast(floor, float32(v*scale[i])+shift[i])
		}
	}
}

// Sum writes the sums of the first len(dst) columns over rows rows of src to dst.
func Sum(p Path, dst []float32, src Matrix, rows int) {
	clear(dst)
	for r := range rows {
		for i, v := range src.Data[r*src.Stride:][:len(dst)] {
			dst[i] += v
		}
	}
}
