package simd

func native() []Path { return []Path{NEON} } // every arm64 has it

// height is how many rows the path's kernel computes at a time, 0 without one.
func (p Path) height() int {
	if p == NEON {
		return 5
	}
	return 0
}

// abreast is how many panels of one row the path's kernel computes at a time.
func (p Path) abreast() int { return 2 }

// compute computes a block: height rows of a panel, or one row of as many panels as go
// abreast or of one.
func (p Path) compute(b *block, rows, panels int) {
	switch {
	case rows > 1:
		blockNEON(b)
	case panels > 1:
		wideNEON(b)
	default:
		rowNEON(b)
	}
}

func (Path) scaleShift(dst, src, scale, shift *float32, n int, floor float32) {
	scaleShiftNEON(dst, src, scale, shift, n, floor)
}

func (Path) sum(dst, src *float32, strideBytes, rows, n int) {
	sumNEON(dst, src, strideBytes, rows, n)
}

func (Path) cells(h, c, gates *float32, numbers *[16][8]float32, n int) {
	cellsNEON(h, c, gates, numbers, n)
}

func (Path) peaks(dst, src *float32, strideBytes int, scale, shift *float32, n int) {
	peaksNEON(dst, src, strideBytes, scale, shift, n)
}

// blockNEON computes 5 rows.
//
//go:noescape
func blockNEON(b *block)

//go:noescape
func rowNEON(b *block)

// wideNEON computes a row of 2 panels.
//
//go:noescape
func wideNEON(b *block)

//go:noescape
func scaleShiftNEON(dst, src, scale, shift *float32, n int, floor float32)

//go:noescape
func sumNEON(dst, src *float32, strideBytes, rows, n int)

//go:noescape
func cellsNEON(h, c, gates *float32, numbers *[16][8]float32, n int)

//go:noescape
func peaksNEON(dst, src *float32, strideBytes int, scale, shift *float32, n int)
