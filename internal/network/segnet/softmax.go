package segnet

import "github.com/seed-7adb9000/diarizer/internal/network/simd"

// softmax turns the logarithms z into probabilities that add up to 1.
func softmax(dst *Frame, z []float32) {
	top := z[0]
	for _, v := range z[1:Classes] {
		if v > top {
			top = v
		}
	}
	var sum float32
	for i, v := range z[:Classes] {
		dst[i] = simd.Exp(max(-80, v-top))
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
}
