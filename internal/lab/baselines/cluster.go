package baselines

import "math"

// Merge is a step of agglomerative clustering: cluster B joins cluster A, both
// named by the index of an utterance in them.
type Merge struct {
	A, B int
	// Score is that of the two. Level is the lowest score so far: a threshold
	// of Level or less allows the step.
	Score, Level float64
}

// Agglomerate merges the two clusters of the largest score, starting from the
// utterances, until one is left, and returns all of its steps; [Cut] stops it at
// a threshold. A merged cluster is scored again, from the sum of its statistics,
// against all others. n utterances cost about n² scores. The program's own clustering,
// online.Agglomerate, compares few of the pairs and keeps no steps; it needs bounds that
// only the closed form has.
func Agglomerate[C Cluster[C]](m Method[C], utterances []C) []Merge {
	n := len(utterances)
	live := make([]bool, n)
	clusters, score := make([]C, n), make([][]float64, n)
	for i, u := range utterances {
		live[i], clusters[i], score[i] = true, u.Clone(), make([]float64, i)
		for j := range i {
			score[i][j] = m.Score(clusters[i], clusters[j])
		}
	}
	level := math.Inf(1)
	var out []Merge
	for len(out) < n-1 {
		a, b := -1, -1
		for i := range n {
			for j := range i {
				if live[i] && live[j] && (a < 0 || score[i][j] > score[b][a]) {
					a, b = j, i
				}
			}
		}
		level = min(level, score[b][a])
		out = append(out, Merge{A: a, B: b, Score: score[b][a], Level: level})
		clusters[a].Add(clusters[b])
		live[b] = false
		for j := range n {
			if live[j] && j != a {
				score[max(a, j)][min(a, j)] = m.Score(clusters[a], clusters[j])
			}
		}
	}
	return out
}

// Cut returns the cluster of each of n utterances, numbered by their first, when
// merging stops at the first step under the threshold.
func Cut(n int, merges []Merge, threshold float64) []int {
	into := make([]int, n)
	for i := range into {
		into[i] = i
	}
	for _, m := range merges {
		if m.Level < threshold {
			break
		}
		into[m.B] = m.A
	}
	labels, ids := make([]int, n), map[int]int{}
	for i := range labels {
		root := i
		for into[root] != root {
			root = into[root]
		}
		if _, ok := ids[root]; !ok {
			ids[root] = len(ids)
		}
		labels[i] = ids[root]
	}
	return labels
}

// Greedy decides every utterance for good in its turn: it joins the cluster of
// the largest score, or founds a new one where none reaches the threshold.
func Greedy[C Cluster[C]](m Method[C], utterances []C, threshold float64) []int {
	var clusters []C
	labels := make([]int, len(utterances))
	for i, u := range utterances {
		best, at := threshold, len(clusters)
		for k, c := range clusters {
			if s := m.Score(c, u); s >= best {
				best, at = s, k
			}
		}
		if at == len(clusters) {
			clusters = append(clusters, u.Clone())
		} else {
			clusters[at].Add(u)
		}
		labels[i] = at
	}
	return labels
}
