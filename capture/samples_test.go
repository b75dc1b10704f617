package capture

import "math"

// scaled is x times k.
func scaled(x []float32, k float32) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		y[i] = k * x[i]
	}
	return y
}

// frames interleaves channels.
func frames(channels ...[]float32) (all []float32) {
	for i := range channels[0] {
		for _, x := range channels {
			all = append(all, x[i])
		}
	}
	return all
}

// power is in decibels.
func power(x []float32) float64 {
	p := 1e-12
	for _, v := range x {
		p += float64(v) * float64(v)
	}
	return 10 * math.Log10(p/float64(len(x)))
}
