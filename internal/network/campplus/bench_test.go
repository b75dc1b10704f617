package campplus

import (
	"fmt"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/network/simd"
)

// BenchmarkRun is the network by path and length of the utterance.
func BenchmarkRun(b *testing.B) {
	net := load(b)
	for _, path := range simd.Paths() {
		for _, frames := range []int{100, 300, 1000} {
			b.Run(fmt.Sprintf("%v/%ds", path, frames/100), func(b *testing.B) {
				in, r, out := inputs(frames), net.NewRunnerOn(path), make([]float32, Dim)
				var trunk Trunk
				for b.Loop() {
					r.Run(&trunk, in)
					r.Embed(out, &trunk, 0, trunk.Rows())
				}
				b.ReportMetric(float64(b.N)*float64(frames)/100/b.Elapsed().Seconds(), "x-real-time")
			})
		}
	}
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}
