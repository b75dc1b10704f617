package model

import (
	"testing"

	"gonum.org/v1/gonum/floats"
)

// TestMomentsSum holds that the moments of parts sum to the pair of the whole,
// with and without eigenchannels.
func TestMomentsSum(t *testing.T) {
	for _, mu := range []int{0, 2} {
		rng := testRand(uint64(80 + mu))
		m := randomModel(rng, 5, 3, 3, mu)
		frames := someFrames(m, rng, 30)
		want := pair(m, frames...)
		pool := m.NewPool()
		acc := m.NewAccumulator()
		for at := 0; at < len(frames); at += 7 {
			acc.Reset()
			for _, x := range frames[at:min(at+7, len(frames))] {
				acc.Add(x)
			}
			pool.Add(acc.Moments())
		}
		got := NewStats(3)
		pool.StatsInto(&got)
		if got.N != want.N || !floats.EqualApprox(got.D, want.D, 1e-6) || !floats.EqualApprox(got.DInv, want.DInv, 1e-6) {
			t.Errorf("μ = %d: pair of the parts %v, expected %v", mu, got, want)
		}
	}
}
