//go:build !amd64 && !arm64

package simd

func native() []Path { return nil }

func (c *Conv) run(_ Path, dst, src Matrix, at []int, rows int, add Matrix, floor float32) {
	c.portable(dst, src, at, rows, add, floor)
}

func scaleShift(_ Path, dst, src, scale, shift []float32, floor float32) {
	portableScaleShift(dst, src, scale, shift, floor)
}

func sum(_ Path, dst []float32, src Matrix, rows int) { portableSum(dst, src, rows) }

func cells(_ Path, h, c, gates []float32) { portableCells(h, c, gates) }

func peaks(_ Path, dst []float32, src Matrix, scale, shift []float32) {
	portablePeaks(dst, src, scale, shift)
}
