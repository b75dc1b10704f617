package simd

func native() []Path { return []Path{NEON} } // every arm64 has it

// height is how many rows the path's kernel computes at a time, 0 without one.
func (p Path) height() int {
	if p == NEON {
		return 5
	}
	return 0
}

// compute computes a block of height or of one row.
func (p Path) compute(b *block, rows int) {
	if rows > 1 {
		blockNEON(b)
	} else {
		rowNEON(b)
	}
}

func (Path) scaleShift(dst, src, scale, shift *float32, n int, floor float32) {
	scaleShiftNEON(dst, src, scale, shift, n, floor)
}

func (Path) sum(dst, src *float32, strideBytes, rows, n int) {
	sumNEON(dst, src, strideBytes, rows, n)
}

// blockNEON computes 5 rows.
//
//go:noescape
func blockNEON(b *block)

//go:noescape
func rowNEON(b *block)

//go:noescape
func scaleShiftNEON(dst, src, scale, shift *float32, n int, floor float32)

//go:noescape
func sumNEON(dst, src *float32, strideBytes, rows, n int)
