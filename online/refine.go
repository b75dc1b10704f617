package online

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// The agglomeration of a review is greedy: an utterance that went to the wrong cluster
// stays there, and unclear utterances of several people become a cluster that draws more
// of them. So the clusters are a first guess. Some rounds of VBx (Landini, Profant, Diez
// & Burget, "Bayesian HMM clustering of x-vector sequences", Computer Speech & Language
// 71, 2022) divide each utterance among the clusters by its probability under what the
// others of the cluster say, and clusters that nobody needs fade.
const (
	refineRounds = 3
	// refineFully is the speech after which the regularisation has its full strength, in frames: 1
	// min. Before that, a speaker has few utterances, and counting them as even fewer would merge
	// two speakers.
	refineFully = 6000
)

// refine improves p, whose utterances are utts, and removes the clusters that have too little
// speech, unless too few speakers would be left. The speakers from before the window stay in their
// clusters.
func (c *Clusterer) refine(p *partition, utts []model.Voice, owners []int) {
	if c.rule.Regularisation == 0 || p.n < 2 {
		return
	}
	r := refinement{
		scorer:  c.scorer,
		f:       1 + (c.rule.Regularisation-1)*min(1, c.frames/refineFully),
		mixture: newMixture(p.n, c.cfg.SelfLoopPrior),
		before:  make([]model.Stats, p.n),
		stays:   make([]bool, p.n),
		least:   float64(c.cfg.MinCreate),
		fewest:  max(1, c.limits().Min),
	}
	for l := range r.before {
		r.before[l] = c.m.Shape().NewStats()
	}
	for i, l := range p.owners {
		r.before[l].Add(c.anchored(owners[i]))
		r.stays[l] = true
	}
	for i, l := range p.clusters {
		if l >= 0 && !c.utts[i].echo {
			r.add(i, utts[i].Stats, l)
		}
	}
	for range refineRounds {
		r.round()
	}
	refined := partition{clusters: slices.Clone(p.clusters), owners: slices.Clone(p.owners)}
	for k, i := range r.utts {
		refined.clusters[i] = top(r.mixture.share[k])
	}
	c.follow(refined.clusters)
	refined.renumber()
	if refined.n >= r.fewest {
		*p = refined
	}
}

// refinement is the work of refine.
type refinement struct {
	scorer  model.Scorer
	f       float64 // F_B at present
	mixture *mixture
	utts    []int // numbers of the utterances in the window
	pairs   []model.Stats
	before  []model.Stats // by cluster, the sum of the speech that stays in it
	stays   []bool        // by cluster, whether it is a speaker from before the window
	least   float64       // frames that a cluster needs
	fewest  int           // clusters that are left
	speaker model.Voice   // scratch
}

// add adds utterance i of the window, which belongs to cluster l at first.
func (r *refinement) add(i int, pair model.Stats, l int) {
	r.utts, r.pairs = append(r.utts, i), append(r.pairs, pair)
	r.mixture.add(l)
}

// round divides the utterances among the clusters by what the clusters say now.
func (r *refinement) round() {
	m := r.mixture
	for l := range m.live {
		if !m.live[l] {
			continue
		}
		r.speaker.Stats = r.said(l)
		r.scorer.Adapt(&r.speaker, r.f)
		for k, pair := range r.pairs {
			m.logP[k][l] = r.scorer.Expect(&r.speaker, pair)
		}
	}
	m.divide()
	r.thin()
}

// said returns the sum of the speech of cluster l, in which each utterance counts with its share.
func (r *refinement) said(l int) model.Stats {
	sum := r.before[l].Clone()
	for k, pair := range r.pairs {
		sum.AddPart(pair, r.mixture.share[k][l])
	}
	return sum
}

// thin removes clusters that have too little speech, the smallest first.
func (r *refinement) thin() {
	m := r.mixture
	frames := make([]float64, len(m.live))
	for {
		clear(frames)
		for k, pair := range r.pairs {
			for l, share := range m.share[k] {
				frames[l] += share * pair.N
			}
		}
		smallest, live, enough := -1, 0, false
		for l, n := range frames {
			if !m.live[l] {
				continue
			}
			live++
			if r.stays[l] || n >= r.least {
				enough = true
			} else if smallest < 0 || n < frames[smallest] {
				smallest = l
			}
		}
		if smallest < 0 || !enough || live <= r.fewest {
			return
		}
		m.remove(smallest)
	}
}
