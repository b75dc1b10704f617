package simd

import "golang.org/x/sys/cpu"

func native() []Path {
	var paths []Path
	if cpu.X86.HasAVX512F {
		paths = append(paths, AVX512)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		paths = append(paths, AVX2)
	}
	return paths
}

// height is how many rows the path's kernel computes at a time, 0 without one.
func (p Path) height() int {
	switch p {
	case AVX512:
		return 10
	case AVX2:
		return 5
	}
	return 0
}

// compute computes a block of height or of one row.
func (p Path) compute(b *block, rows int) {
	switch {
	case p == AVX512 && rows > 1:
		block512(b)
	case p == AVX512:
		row512(b)
	case rows > 1:
		block256(b)
	default:
		row256(b)
	}
}

func (p Path) scaleShift(dst, src, scale, shift *float32, n int, floor float32) {
	if p == AVX512 {
		scaleShift512(dst, src, scale, shift, n, floor)
	} else {
		scaleShift256(dst, src, scale, shift, n, floor)
	}
}

func (p Path) sum(dst, src *float32, strideBytes, rows, n int) {
	if p == AVX512 {
		sum512(dst, src, strideBytes, rows, n)
	} else {
		sum256(dst, src, strideBytes, rows, n)
	}
}

// block512 computes 10 rows.
//
//go:noescape
func block512(b *block)

//go:noescape
func row512(b *block)

// block256 computes 5 rows.
//
//go:noescape
func block256(b *block)

//go:noescape
func row256(b *block)

//go:noescape
func scaleShift512(dst, src, scale, shift *float32, n int, floor float32)

//go:noescape
func scaleShift256(dst, src, scale, shift *float32, n int, floor float32)

//go:noescape
func sum512(dst, src *float32, strideBytes, rows, n int)

//go:noescape
func sum256(dst, src *float32, strideBytes, rows, n int)
