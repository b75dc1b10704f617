//go:build amd64 || arm64

package simd

// block is what a kernel in assembly computes: some rows of one panel, in the
// notation of [Conv.Into]. The assembly reads it field by field; strides are in bytes.
type block struct {
	dst, src, add                   *float32 // row 0
	dstStride, srcStride, addStride int
	at                              *int // places of the taps after src, in numbers
	taps, in                        int
	weights, bias                   *float32
	floor                           float32
}

// run computes panel by panel and in it as many rows at a time as the path's kernel
// does. Where that does not divide rows, the last ones are computed twice; fewer rows
// than that are computed one by one.
func (c *Conv) run(p Path, dst, src Matrix, at []int, rows int, add Matrix, floor float32) {
	height := p.height()
	if height == 0 {
		c.portable(dst, src, at, rows, add, floor)
		return
	}
	if rows < height {
		height = 1
	}
	var nothing [panel]float32
	b := block{
		dstStride: 4 * dst.Stride, srcStride: 4 * src.Stride, addStride: 4 * add.Stride,
		at: &at[0], taps: c.taps, in: c.in, floor: floor, add: &nothing[0],
	}
	for first := 0; first < c.out; first += panel {
		b.weights, b.bias = &c.weights[first*c.taps*c.in], &c.bias[first]
		for r := 0; r < rows; r += height {
			from := min(r, rows-height)
			b.dst, b.src = &dst.Data[from*dst.Stride+first], &src.Data[from*src.Stride]
			if add.Data != nil {
				b.add = &add.Data[from*add.Stride+first]
			}
			p.compute(&b, height)
		}
	}
}

func scaleShift(p Path, dst, src, scale, shift []float32, floor float32) {
	if p.height() == 0 || len(dst) == 0 {
		portableScaleShift(dst, src, scale, shift, floor)
		return
	}
	p.scaleShift(&dst[0], &src[0], &scale[0], &shift[0], len(dst), floor)
}

func sum(p Path, dst []float32, src Matrix, rows int) {
	if p.height() == 0 {
		portableSum(dst, src, rows)
		return
	}
	p.sum(&dst[0], &src.Data[0], 4*src.Stride, rows, len(dst))
}
