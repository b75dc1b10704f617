package spectrum_test

import (
	"fmt"
	"math"

	"github.com/seed-7adb9000/diarizer/internal/dsp/spectrum"
)

// A cosine of three periods in a frame has all of its power in line 3.
func Example() {
	x := make([]float64, 16)
	for i := range x {
		x[i] = math.Cos(2 * math.Pi * 3 * float64(i) / 16)
	}
	power := make([]float64, 9)
	spectrum.NewPower(16).Into(power, x)
	fmt.Printf("%.1f\n", power)
	// Output: [0.0 0.0 0.0 4.0 0.0 0.0 0.0 0.0 0.0]
}
