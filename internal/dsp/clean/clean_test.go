package clean_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/internal/dsp/clean"
)

// plain says what becomes of a sample, as the documentation does.
func plain(v float32) (want float32, replaced bool) {
	switch f := float64(v); {
	case math.IsNaN(f), math.IsInf(f, 0), math.Abs(f) > clean.Limit:
		return 0, true
	case math.Abs(f) < math.Exp2(-40):
		return 0, false
	}
	return v, false
}

// TestAnyBits holds that every pattern of bits, whatever it stands for, becomes
// what the documentation says, in place or in a copy.
func TestAnyBits(t *testing.T) {
	edges := []float32{0, float32(math.Copysign(0, -1)), 1, -1, clean.Limit, -clean.Limit,
		math.Nextafter32(clean.Limit, 1e9), math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32,
		0x1p-40, math.Nextafter32(0x1p-40, 0), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	sample := rapid.OneOf(rapid.SampledFrom(edges), rapid.Map(rapid.Uint32(), math.Float32frombits), rapid.Float32Range(-1, 1))
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOf(sample).Draw(t, "samples")
		before := slices.Clone(x)
		var buf []float32
		cleaned, n := clean.Copied(&buf, x)
		if !sameBits(x, before) {
			t.Fatalf("Copied changed its input %v to %v", before, x)
		}
		want := 0
		for i, v := range before {
			w, replaced := plain(v)
			if replaced {
				want++
			}
			if cleaned[i] != w {
				t.Fatalf("%g became %g, expected %g", v, cleaned[i], w)
			}
		}
		if n != want {
			t.Fatalf("%d of %v replaced, expected %d", n, before, want)
		}
		if got := clean.In(x); got != want || !slices.Equal(x, cleaned) {
			t.Fatalf("in place %d and %v, in a copy %d and %v", got, x, want, cleaned)
		}
		if clean.Needed(x) {
			t.Fatalf("%v, which was cleaned, needs it again", x)
		}
	})
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func TestNothingIsAllocated(t *testing.T) {
	good, bad := make([]float32, 320), make([]float32, 320)
	buf := make([]float32, 0, 320)
	for i := range good {
		good[i] = float32(math.Sin(float64(i)))
	}
	copy(bad, good)
	if n := testing.AllocsPerRun(100, func() {
		bad[7] = float32(math.NaN())
		clean.In(good)
		clean.Copied(&buf, good)
		clean.Copied(&buf, bad)
		clean.In(bad)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkIn(b *testing.B) {
	x := make([]float32, 16000)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		clean.In(x)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/s_of_audio")
}
