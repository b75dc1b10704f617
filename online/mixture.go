package online

import (
	"math"
	"slices"
)

// mixture divides a sequence of utterances among clusters: a hidden Markov model whose
// states are the clusters. The cluster of the utterance before goes on with the log odds
// loop against each other one. The others are equally likely.
type mixture struct {
	loop  float64
	live  []bool      // by cluster
	share [][]float64 // by utterance and cluster: the probability that the utterance belongs to the cluster
	logP  [][]float64 // by utterance and cluster: the log likelihood, up to a constant of the utterance
}

func newMixture(clusters int, loop float64) *mixture {
	m := &mixture{loop: loop, live: make([]bool, clusters)}
	for l := range m.live {
		m.live[l] = true
	}
	return m
}

// add adds an utterance, which belongs to cluster l at first.
func (m *mixture) add(l int) {
	share := make([]float64, len(m.live))
	share[l] = 1
	m.share, m.logP = append(m.share, share), append(m.logP, make([]float64, len(m.live)))
}

// remove removes cluster l and divides its shares among the other clusters, in proportion to their
// shares. If they have none, the cluster with the largest likelihood gets the share.
func (m *mixture) remove(l int) {
	m.live[l] = false
	for k, share := range m.share {
		m.logP[k][l], share[l] = math.Inf(-1), 0
		if scale(share) == 0 {
			share[top(m.logP[k])] = 1
		}
	}
}

// divide sets the shares to the probabilities given all likelihoods in logP, by the
// forward-backward algorithm.
func (m *mixture) divide() {
	n := 0.0
	for _, live := range m.live {
		if live {
			n++
		}
	}
	// a_ll = stay + (1 − stay)/n and a_lm = (1 − stay)/n, so that a_ll / a_lm = exp(loop).
	odds := math.Exp(m.loop)
	stay := (odds - 1) / (odds - 1 + n)
	step := func(l int, from []float64, sum float64) float64 {
		if !m.live[l] {
			return 0
		}
		return stay*from[l] + (1-stay)/n*sum
	}
	likelihood := make([][]float64, len(m.logP))
	for k, logP := range m.logP {
		likelihood[k] = make([]float64, len(logP))
		most := slices.Max(logP)
		for l, v := range logP {
			likelihood[k][l] = math.Exp(v - most)
		}
	}
	before := make([]float64, len(m.live)) // forward probabilities of the utterance before, with sum 1
	for l, live := range m.live {
		if live {
			before[l] = 1 / n
		}
	}
	for k, forward := range m.share {
		for l := range forward {
			forward[l] = likelihood[k][l] * step(l, before, 1)
		}
		scale(forward)
		before = forward
	}
	after := make([]float64, len(m.live)) // backward probabilities
	for l := range after {
		after[l] = 1
	}
	for k, share := range slices.Backward(m.share) {
		sum := 0.0
		for l := range share {
			share[l] *= after[l]
			after[l] *= likelihood[k][l]
			sum += after[l]
		}
		scale(share)
		for l := range after {
			after[l] = step(l, after, sum)
		}
		scale(after)
	}
}

// scale divides values by their sum, which it returns, unless that is 0.
func scale(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	if sum != 0 {
		for l := range values {
			values[l] /= sum
		}
	}
	return sum
}
