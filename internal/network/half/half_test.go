package half

import (
	"math"
	"sort"
	"testing"
)

// TestFloat32 compares with the definition, for every number there is.
func TestFloat32(t *testing.T) {
	for i := range 1 << 16 {
		h := uint16(i)
		sign, exp, frac := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)
		want := sign * math.Ldexp(1024+frac, exp-25)
		switch {
		case exp == 0:
			want = math.Copysign(math.Ldexp(frac, -24), sign)
		case exp == 31 && frac == 0:
			want = math.Inf(int(sign))
		case exp == 31:
			want = math.NaN()
		}
		got := float64(Float32(h))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != math.Signbit(want) && want == 0 {
			t.Fatalf("%#04x is %v, expected %v", h, got, want)
		}
	}
}

// TestOf holds that a number becomes the nearest one, around every number there is and
// half way between two, and that nothing becomes infinite.
func TestOf(t *testing.T) {
	const finite = 0x7c00
	nearest := func(v float64) uint16 { // for v ≥ 0, which has no more than 32 bits
		i := sort.Search(finite, func(i int) bool { return float64(Float32(uint16(i))) >= v })
		if i == finite {
			return finite - 1
		}
		if i == 0 {
			return 0
		}
		above, under := float64(Float32(uint16(i)))-v, v-float64(Float32(uint16(i-1)))
		if under < above || under == above && i%2 == 1 {
			return uint16(i - 1)
		}
		return uint16(i)
	}
	for i := range finite {
		v := Float32(uint16(i))
		middle := v + (Float32(uint16(min(i+1, finite-1)))-v)/2
		for _, x := range []float32{v, middle, math.Nextafter32(middle, 1e9), math.Nextafter32(middle, 0), math.Nextafter32(v, 1e9)} {
			want := nearest(float64(x))
			if got := Of(x); got != want {
				t.Fatalf("%v became %#04x, expected %#04x", x, got, want)
			}
			if got := Of(-x); got != want|0x8000 {
				t.Fatalf("%v became %#04x, expected %#04x", -x, got, want|0x8000)
			}
		}
	}
	for v, want := range map[float64]uint16{math.Inf(1): 0x7bff, math.Inf(-1): 0xfbff, 65520: 0x7bff, 1e30: 0x7bff, math.NaN(): 0} {
		if got := Of(float32(v)); got != want {
			t.Errorf("%v became %#04x, expected %#04x", v, got, want)
		}
	}
}
