package simd

// portable computes two rows and four outputs at a time. The conversions keep the
// compiler from fusing multiplication and addition, so that the result is the same
// on every machine.
func (c *Conv) portable(dst, src Matrix, at []int, rows int, add Matrix, floor float32) {
	for first := 0; first < c.out; first += 4 {
		inPanel := first % panel
		weights := c.weights[(first-inPanel)*c.taps*c.in:][:c.taps*c.in*panel]
		for r := 0; r < rows; r += 2 {
			s := min(r+1, rows-1)
			var acc [8]float32
			copy(acc[:4], c.bias[first:first+4])
			copy(acc[4:], c.bias[first:first+4])
			if add.Data != nil {
				for j := range 4 {
					acc[j] += add.Data[r*add.Stride+first+j]
					acc[4+j] += add.Data[s*add.Stride+first+j]
				}
			}
			for k, a := range at {
				x := src.Data[a+r*src.Stride:][:c.in]
				y := src.Data[a+s*src.Stride:][:c.in]
				products(&acc, x, y, weights[k*c.in*panel+inPanel:])
			}
			for j := range 4 {
				dst.Data[r*dst.Stride+first+j] = atLeast(floor, acc[j])
				dst.Data[s*dst.Stride+first+j] = atLeast(floor, acc[4+j])
			}
		}
	}
}

// products adds to acc the products of x and of y with four columns of weights.
func products(acc *[8]float32, x, y, weights []float32) {
	a0, a1, a2, a3 := acc[0], acc[1], acc[2], acc[3]
	b0, b1, b2, b3 := acc[4], acc[5], acc[6], acc[7]
	for i, u := range x {
		w, v := weights[i*panel:i*panel+4:i*panel+4], y[i]
		a0, a1, a2, a3 = a0+float32(u*w[0]), a1+float32(u*w[1]), a2+float32(u*w[2]), a3+float32(u*w[3])
		b0, b1, b2, b3 = b0+float32(v*w[0]), b1+float32(v*w[1]), b2+float32(v*w[2]), b3+float32(v*w[3])
	}
	*acc = [8]float32{a0, a1, a2, a3, b0, b1, b2, b3}
}

// atLeast is max(floor, v), and NaN where v is.
func atLeast(floor, v float32) float32 {
	if v < floor {
		return floor
	}
	return v
}

func portableScaleShift(dst, src, scale, shift []float32, floor float32) {
	for i, v := range src {
		dst[i] = atLeast(floor, float32(v*scale[i])+shift[i])
	}
}

func portableSum(dst []float32, src Matrix, rows int) {
	clear(dst)
	for r := range rows {
		for i, v := range src.Data[r*src.Stride:][:len(dst)] {
			dst[i] += v
		}
	}
}
