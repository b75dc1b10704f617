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
	panelStride                     int // from panel to panel of the weights, for kernels of several
}

// widest is the most panels that a kernel computes side by side.
const widest = 4

// run computes panel by panel and in it as many rows at a time as the path's kernel
// does. Where that does not divide rows, the last ones are computed twice. Fewer rows
// than that are computed one by one, several panels at a time where there are as many,
// because the sums of one panel wait for each other.
func (c *Conv) run(p Path, dst, src Matrix, at []int, rows int, add Matrix, floor float32) {
	height := p.height()
	if height == 0 {
		c.portable(dst, src, at, rows, add, floor)
		return
	}
	if rows < height {
		height = 1
	}
	var nothing [widest * panel]float32
	b := block{
		dstStride: 4 * dst.Stride, srcStride: 4 * src.Stride, addStride: 4 * add.Stride,
		at: &at[0], taps: c.taps, in: c.in, floor: floor, add: &nothing[0],
	}
	b.panelStride = 4 * panel * c.taps * c.in
	for first, panels := 0, 1; first < c.out; first += panels * panel {
		if height == 1 {
			panels = 1
			if c.out-first >= p.abreast()*panel {
				panels = p.abreast()
			}
		}
		b.weights, b.bias = &c.weights[first*c.taps*c.in], &c.bias[first]
		for r := 0; r < rows; r += height {
			from := min(r, rows-height)
			b.dst, b.src = &dst.Data[from*dst.Stride+first], &src.Data[from*src.Stride]
			if add.Data != nil {
				b.add = &add.Data[from*add.Stride+first]
			}
			p.compute(&b, height, panels)
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

func cells(p Path, h, c, gates []float32) {
	if p.height() == 0 || len(h) == 0 {
		portableCells(h, c, gates)
		return
	}
	p.cells(&h[0], &c[0], &gates[0], &cellNumbers, len(h))
}

func peaks(p Path, dst []float32, src Matrix, scale, shift []float32) {
	if p.height() == 0 || len(dst) == 0 {
		portablePeaks(dst, src, scale, shift)
		return
	}
	p.peaks(&dst[0], &src.Data[0], 4*src.Stride, &scale[0], &shift[0], len(dst))
}
