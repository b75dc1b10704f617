package simd

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestPeaks(t *testing.T) {
	for _, path := range Paths() {
		t.Run(path.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				n, rows := lanes*rapid.IntRange(0, 6).Draw(t, "n"), rapid.IntRange(0, 7).Draw(t, "rows")
				src := Matrix{nil, n + rapid.IntRange(0, 5).Draw(t, "gap")}
				src.Data = shifted(numbers(t, pooled*rows*src.Stride+n, "src"), rapid.IntRange(0, 15).Draw(t, "by"))
				scale, shift := numbers(t, n, "scale"), numbers(t, n, "shift")
				dst := Matrix{make([]float32, rows*(n+3)), n + 3}
				for i := range dst.Data {
					dst.Data[i] = -77
				}
				Peaks(path, dst, src, rows, scale, shift)
				for i, got := range dst.Data {
					r, k := i/dst.Stride, i%dst.Stride
					want := -77.0
					for j := 0; k < n && j < pooled; j++ {
						v := float64(src.Data[(pooled*r+j)*src.Stride+k])*float64(scale[k]) + float64(shift[k])
						want = max(want, math.Abs(v))
					}
					if math.Abs(float64(got)-want) > 1e-6 {
						t.Fatalf("number %d of row %d is %v, expected %v", k, r, got, want)
					}
				}
			})
		})
	}
}
