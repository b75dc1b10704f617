package online

import (
	"math"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Limits bound the number of speakers that a clustering may return. 0 means no
// bound.
type Limits struct {
	Min, Max int
}

// Agglomerate clusters utterances bottom up. It merges the two clusters of the largest
// score as long as the score exceeds threshold, and further while limits ask for fewer
// clusters. It returns a cluster index for each of the voices, counted from 0 in order
// of first appearance.
//
// The statistics of a cluster are the sum of the statistics of its members, so a merge
// is an addition and no score that decides is an approximation. Of the n² pairs it
// compares only those whose bound comes to the top, see [model.Scorer.Bound].
func Agglomerate(s model.Scorer, voices []*model.Voice, threshold float64, limits Limits) []int {
	return agglomerate(s, voices, nil, threshold, limits)
}

// agglomerate is Agglomerate where no two of those of the voices are merged for whom
// apart, which may be shorter, says so.
func agglomerate(s model.Scorer, voices []*model.Voice, apart []bool, threshold float64, limits Limits) []int {
	n := len(voices)
	a := agglomeration{
		scorer: s,
		nodes:  make([]node, n),
		score:  make([]float64, n*n),
		exact:  make([]bool, n*n),
		best:   make([]int, n),
	}
	for i := range n {
		s.Outline(voices[i])
		a.nodes[i] = node{voice: voices[i], live: true, into: i, apart: i < len(apart) && apart[i]}
		for j := range i {
			a.guess(i, j)
		}
	}
	for i := range n {
		a.refresh(i)
	}
	for live := n; live > max(1, limits.Min); live-- {
		i, j := a.sureTop()
		if math.IsInf(a.at(i, j), -1) {
			break
		}
		if a.at(i, j) <= threshold && (limits.Max == 0 || live <= limits.Max) {
			break
		}
		a.merge(i, j)
	}
	return a.labels()
}

// node is a cluster in the making.
type node struct {
	voice *model.Voice
	live  bool
	owned bool // voice is a copy that may be changed
	apart bool // from all others that are
	into  int  // the node that this one was merged into, itself while live
}

type agglomeration struct {
	scorer model.Scorer
	nodes  []node
	score  []float64 // n×n, symmetric
	exact  []bool    // which scores are, likewise; the others are bounds
	best   []int     // the live partner of largest score, −1 without one
}

func (a *agglomeration) at(i, j int) float64 {
	if j < 0 {
		return math.Inf(-1)
	}
	return a.score[i*len(a.nodes)+j]
}

func (a *agglomeration) set(i, j int, score float64, exact bool) {
	for _, at := range [...]int{i*len(a.nodes) + j, j*len(a.nodes) + i} {
		a.score[at], a.exact[at] = score, exact
	}
}

// guess sets the score of i and j to what it hardly exceeds.
func (a *agglomeration) guess(i, j int) {
	if a.nodes[i].apart && a.nodes[j].apart {
		a.set(i, j, math.Inf(-1), true)
		return
	}
	a.set(i, j, a.scorer.Bound(a.nodes[i].voice, a.nodes[j].voice), false)
}

// compare sets the score of i and j to what it is.
func (a *agglomeration) compare(i, j int) {
	a.set(i, j, a.scorer.Score(a.nodes[i].voice, a.nodes[j].voice), true)
	a.update(i, j)
	a.update(j, i)
}

// sureTop returns the pair of largest score once that is exact. A pair whose
// bound never comes to the top is never compared.
func (a *agglomeration) sureTop() (int, int) {
	for {
		i, j := a.top()
		if a.exact[i*len(a.nodes)+j] {
			return i, j
		}
		a.compare(i, j)
	}
}

// update corrects the best partner of i after its score with j changed.
func (a *agglomeration) update(i, j int) {
	if b := a.best[i]; b == j {
		a.refresh(i)
	} else if a.at(i, j) > a.at(i, b) {
		a.best[i] = j
	}
}

// refresh finds the best partner of node i.
func (a *agglomeration) refresh(i int) {
	a.best[i] = -1
	for j := range a.nodes {
		if j != i && a.nodes[j].live && (a.best[i] < 0 || a.at(i, j) > a.at(i, a.best[i])) {
			a.best[i] = j
		}
	}
}

// top returns the pair of largest score, the earlier one first.
func (a *agglomeration) top() (int, int) {
	top := -1
	for i := range a.nodes {
		if a.nodes[i].live && (top < 0 || a.at(i, a.best[i]) > a.at(top, a.best[top])) {
			top = i
		}
	}
	return min(top, a.best[top]), max(top, a.best[top])
}

func (a *agglomeration) merge(i, j int) {
	p, q := &a.nodes[i], &a.nodes[j]
	if !p.owned {
		p.voice, p.owned = &model.Voice{Stats: p.voice.Stats.Clone()}, true
	}
	p.voice.Stats.Add(q.voice.Stats)
	a.scorer.Outline(p.voice)
	q.live, q.into = false, i
	p.apart = p.apart || q.apart
	for k := range a.nodes {
		if k != i && a.nodes[k].live {
			a.guess(i, k)
		}
	}
	a.refresh(i)
	for k := range a.nodes {
		if k == i || !a.nodes[k].live {
			continue
		}
		if b := a.best[k]; b == i || b == j {
			a.refresh(k)
		} else if a.at(k, i) > a.at(k, b) {
			a.best[k] = i
		}
	}
}

func (a *agglomeration) labels() []int {
	out := make([]int, len(a.nodes))
	index := make(map[int]int)
	for i := range a.nodes {
		root := i
		for a.nodes[root].into != root {
			root = a.nodes[root].into
		}
		if _, ok := index[root]; !ok {
			index[root] = len(index)
		}
		out[i] = index[root]
	}
	return out
}
