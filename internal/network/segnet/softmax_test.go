package segnet

import (
	"math"
	"testing"
)

func TestSoftmax(t *testing.T) {
	for _, z := range [][]float32{{0, 0, 0, 0, 0, 0, 0}, {1, -2, 3, -4, 5, -6, 7}, {1e6, 0, -1e6, 3, 999999, 5, 6}, {-300, -301, -302, -303, -304, -305, -390}} {
		var got Frame
		softmax(&got, z)
		total := 0.0
		for _, v := range z {
			total += math.Exp(float64(v - z[indexOfMax(z)]))
		}
		for i, v := range z {
			if want := math.Exp(float64(v-z[indexOfMax(z)])) / total; math.Abs(float64(got[i])-want) > 1e-6*want+1e-30 {
				t.Errorf("softmax(%v)[%d] = %v, expected %v", z, i, got[i], want)
			}
		}
	}
}

func indexOfMax(z []float32) int {
	top := 0
	for i, v := range z {
		if v > z[top] {
			top = i
		}
	}
	return top
}
