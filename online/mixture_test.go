package online

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// randomMixture has random likelihoods, and clusters some of which are removed.
func randomMixture(t *rapid.T) *mixture {
	clusters := rapid.IntRange(1, 4).Draw(t, "clusters")
	m := newMixture(clusters, rapid.Float64Range(0, 3).Draw(t, "loop"))
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	spread := rapid.SampledFrom([]float64{0, 1, 30, 3000}).Draw(t, "spread")
	for range rapid.IntRange(1, 6).Draw(t, "utterances") {
		m.add(rng.IntN(clusters))
		for l := range clusters {
			m.logP[len(m.logP)-1][l] = spread * rng.NormFloat64()
		}
	}
	for l := range rapid.IntRange(0, clusters-1).Draw(t, "removed") {
		m.remove(l)
	}
	return m
}

// TestMixture holds the shares against sums over every path.
func TestMixture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomMixture(t)
		n, clusters := len(m.share), len(m.live)
		best := math.Inf(-1)
		paths(m, func(_ []int, logP float64) { best = max(best, logP) })
		want, sum := make([][]float64, n), 0.0
		for k := range want {
			want[k] = make([]float64, clusters)
		}
		paths(m, func(path []int, logP float64) {
			p := math.Exp(logP - best)
			sum += p
			for k, l := range path {
				want[k][l] += p
			}
		})
		m.divide()
		for k, share := range m.share {
			for l, got := range share {
				if w := want[k][l] / sum; math.Abs(got-w) > 1e-9 {
					t.Fatalf("utterance %d is cluster %d's with probability %v, expected %v", k, l, got, w)
				}
			}
		}
	})
}

// paths calls yield for every sequence of clusters, with its log probability up to a
// constant.
func paths(m *mixture, yield func(path []int, logP float64)) {
	path := make([]int, len(m.share))
	var extend func(k int, logP float64)
	extend = func(k int, logP float64) {
		if k == len(path) {
			yield(path, logP)
			return
		}
		for l, live := range m.live {
			if !live {
				continue
			}
			path[k] = l
			next := logP + m.logP[k][l]
			if k > 0 && path[k-1] == l {
				next += m.loop
			}
			extend(k+1, next)
		}
	}
	extend(0, 0)
}

// TestRemove expects that the shares of what is left add up to one and keep their
// proportions.
func TestRemove(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomMixture(t)
		m.divide()
		before := make([][]float64, len(m.share))
		var live []int
		for l, is := range m.live {
			if is {
				live = append(live, l)
			}
		}
		if len(live) < 2 {
			return
		}
		for k, share := range m.share {
			before[k] = append(before[k], share...)
		}
		gone := rapid.SampledFrom(live).Draw(t, "gone")
		m.remove(gone)
		for k, share := range m.share {
			sum := 0.0
			for l, p := range share {
				sum += p
				if rest := 1 - before[k][gone]; l != gone && rest > 1e-6 && math.Abs(p*rest-before[k][l]) > 1e-9 {
					t.Fatalf("utterance %d: shares %v became %v", k, before[k], share)
				}
			}
			if share[gone] != 0 || math.Abs(sum-1) > 1e-9 {
				t.Fatalf("utterance %d: shares %v without cluster %d, expected a sum of 1", k, share, gone)
			}
		}
	})
}
