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

// Agglomerate clusters utterances bottom up: the two clusters of the largest
// score are merged as long as that exceeds threshold, and beyond it while limits
// ask for fewer clusters. It returns a cluster index for each of the voices,
// which must be ready, counted from 0 in order of first appearance.
//
// As the statistics of a cluster are the sum of its members', a merge is an
// addition and no score is an approximation. n utterances cost about n²
// comparisons.
func Agglomerate(s *model.Scorer, voices []*model.Voice, threshold float64, limits Limits) []int {
	var keys int64
	nodes := make([]node, len(voices))
	for i, v := range voices {
		keys++
		nodes[i] = newNode(v, keys)
	}
	known := scores{keys: &keys}
	known.turn()
	return agglomerate(s, nodes, &known, threshold, limits)
}

// agglomerate is Agglomerate for nodes that may have been compared before.
func agglomerate(s *model.Scorer, nodes []node, known *scores, threshold float64, limits Limits) []int {
	n := len(nodes)
	a := agglomeration{
		scorer: s,
		known:  known,
		nodes:  nodes,
		score:  make([]float64, n*n),
		best:   make([]int, n),
	}
	for i := range n {
		nodes[i].into = i
		for j := range i {
			a.set(i, j)
		}
	}
	for i := range n {
		a.refresh(i)
	}
	for live := n; live > max(1, limits.Min); live-- {
		i, j := a.top()
		if a.at(i, j) <= threshold && (limits.Max == 0 || live <= limits.Max) {
			break
		}
		a.merge(i, j)
	}
	return a.labels()
}

// node is a cluster in the making.
type node struct {
	key   int64 // of its statistics
	voice *model.Voice
	live  bool
	stale bool // voice is not ready for comparisons
	owned bool // voice is a copy that may be changed
	into  int  // the node that this one was merged into, itself while live
}

// newNode returns the node of a voice that is ready.
func newNode(v *model.Voice, key int64) node { return node{key: key, voice: v, live: true} }

// ready returns the node's voice ready for comparisons.
func (n *node) ready(s *model.Scorer) *model.Voice {
	if n.stale {
		s.Update(n.voice)
		n.stale = false
	}
	return n.voice
}

type agglomeration struct {
	scorer *model.Scorer
	known  *scores
	nodes  []node
	score  []float64 // n×n, symmetric
	best   []int     // the live partner of largest score, −1 without one
}

func (a *agglomeration) at(i, j int) float64 {
	if j < 0 {
		return math.Inf(-1)
	}
	return a.score[i*len(a.nodes)+j]
}

func (a *agglomeration) set(i, j int) {
	p, q := &a.nodes[i], &a.nodes[j]
	s := a.known.of(a.scorer, p, q)
	a.score[i*len(a.nodes)+j] = s
	a.score[j*len(a.nodes)+i] = s
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
	p.key = a.known.merged(p, q)
	if !p.owned {
		sum := model.NewVoice(p.voice.Stats.Nu())
		sum.Stats.Add(p.voice.Stats)
		p.voice, p.owned = &sum, true
	}
	p.voice.Stats.Add(q.voice.Stats)
	p.stale = true
	q.live, q.into = false, i
	for k := range a.nodes {
		if k != i && a.nodes[k].live {
			a.set(i, k)
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
