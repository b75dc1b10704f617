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

// abreast is how many panels of one row the path's kernel computes at a time.
func (p Path) abreast() int {
	if p == AVX512 {
		return 4
	}
	return 2
}

// compute computes a block: height rows of a panel, or one row of as many panels as go
// abreast or of one.
func (p Path) compute(b *block, rows, panels int) {
	switch {
	case p == AVX512 && rows > 1:
		block512(b)
	case p == AVX512 && panels > 1:
		wide512(b)
	case p == AVX512:
		row512(b)
	case rows > 1:
		block256(b)
	case panels > 1:
		wide256(b)
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

func (p Path) cells(h, c, gates *float32, numbers *[16][8]float32, n int) {
	if p == AVX512 {
		cells512(h, c, gates, numbers, n)
	} else {
		cells256(h, c, gates, numbers, n)
	}
}

func (p Path) peaks(dst, src *float32, strideBytes int, scale, shift *float32, n int) {
	if p == AVX512 {
		peaks512(dst, src, strideBytes, scale, shift, n)
	} else {
		peaks256(dst, src, strideBytes, scale, shift, n)
	}
}

// block512 computes 10 rows.
//
//go:noescape
func block512(b *block)

//go:noescape
func row512(b *block)

// wide512 computes a row of 4 panels.
//
//go:noescape
func wide512(b *block)

// block256 computes 5 rows.
//
//go:noescape
func block256(b *block)

//go:noescape
func row256(b *block)

// wide256 computes a row of 2 panels.
//
//go:noescape
func wide256(b *block)

//go:noescape
func scaleShift512(dst, src, scale, shift *float32, n int, floor float32)

//go:noescape
func scaleShift256(dst, src, scale, shift *float32, n int, floor float32)

//go:noescape
func sum512(dst, src *float32, strideBytes, rows, n int)

//go:noescape
func sum256(dst, src *float32, strideBytes, rows, n int)

//go:noescape
func cells512(h, c, gates *float32, numbers *[16][8]float32, n int)

//go:noescape
func cells256(h, c, gates *float32, numbers *[16][8]float32, n int)

//go:noescape
func peaks512(dst, src *float32, strideBytes int, scale, shift *float32, n int)

//go:noescape
func peaks256(dst, src *float32, strideBytes int, scale, shift *float32, n int)
