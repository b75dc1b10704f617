package eigenvoice

import (
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// TestAligned holds that frames that were aligned before give the pair that
// they give at once, in any parts, with and without eigenchannels.
func TestAligned(t *testing.T) {
	for _, mu := range []int{0, 2} {
		for _, soft := range []bool{false, true} {
			rng := testRand(uint64(80 + mu))
			m := randomModel(rng, 5, 3, 3, mu)
			m.Soft = soft
			floats.Scale(0.2, m.Means) // so that several Gaussians share a frame
			frames := someFrames(m, rng, 30)
			want := pair(m, frames...)
			acc := m.NewAccumulator()
			var parts []model.Aligned
			for at := 0; at < len(frames); at += 7 {
				var f model.Aligned
				for _, x := range frames[at:min(at+7, len(frames))] {
					acc.Align(&f, x)
				}
				parts = append(parts, f)
			}
			for i := range parts {
				acc.AddAligned(&parts[i])
			}
			got := model.Shape{Nu: 3}.NewStats()
			acc.StatsInto(&got)
			if got.N != want.N || !floats.EqualApprox(got.D, want.D, 1e-4) || !floats.EqualApprox(got.DInv, want.DInv, 1e-4) {
				t.Errorf("μ = %d, soft %v: pair of the parts %v, expected %v", mu, soft, got, want)
			}
		}
	}
}
