package simd

func (c *Conv) run(_ Path, dst, src Matrix, at []int, rows int, add Matrix, floor float32) {
	c.portable(dst, src, at, rows, add, floor)
}
