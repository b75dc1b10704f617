package palette_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/show/palette"
)

func Example() {
	fmt.Println(palette.Of(0).Hex(), palette.Of(1).Hex(), palette.Of(-1).Hex())
	fmt.Println(palette.Blue.Over(palette.White, 0.5).Hex())
	// Output:
	// #0072b2 #e69f00 #8a8a8a
	// #80b9d9
}

// dichromat simulates what a person without red cones (protanopia) or without green cones
// (deuteranopia) sees: Viénot, Brettel and Mollon 1999, on linear RGB.
func dichromat(c palette.Colour, protan bool) [3]float64 {
	lin := func(v uint8) float64 { return math.Pow(float64(v)/255, 2.2) }
	r, g, b := lin(uint8(c>>16)), lin(uint8(c>>8)), lin(uint8(c))
	if protan {
		return [3]float64{0.11238*r + 0.88762*g, 0.11238*r + 0.88762*g, 0.00401*r - 0.00401*g + b}
	}
	return [3]float64{0.29275*r + 0.70725*g, 0.29275*r + 0.70725*g, -0.02234*r + 0.02234*g + b}
}

// The least distance between two colours stays well above the distance between a red and a
// green of equal lightness, which is about 0 for a dichromat.
func TestColoursDifferForDichromats(t *testing.T) {
	for _, protan := range []bool{true, false} {
		for i := range palette.Count {
			for j := range i {
				a, b := dichromat(palette.Of(i), protan), dichromat(palette.Of(j), protan)
				var d float64
				for k := range a {
					x := math.Pow(max(a[k], 0), 1/2.2) - math.Pow(max(b[k], 0), 1/2.2)
					d += x * x
				}
				if d = math.Sqrt(d); d < 0.1 {
					t.Errorf("protanopia %v: colours %d and %d are %.3f apart", protan, i, j, d)
				}
			}
		}
	}
}

func TestEveryIndexHasAColour(t *testing.T) {
	for _, i := range []int{math.MinInt, -1, 0, 6, 7, 1000, math.MaxInt} {
		if c := palette.Of(i); c == 0 {
			t.Errorf("speaker %d has no colour", i)
		}
	}
	if palette.Of(palette.Count) != palette.Of(0) || palette.Of(-5) != palette.Grey {
		t.Error("the order has changed")
	}
}
