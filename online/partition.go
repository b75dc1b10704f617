package online

import (
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// partition is one way to divide the window among speakers.
type partition struct {
	clusters []int // of the window's utterances, from 0; −1 for what was given to somebody
	owners   []int // of the speakers from before the window
	n        int   // number of clusters
}

// cluster partitions the window, whose voices utts are, together with the speakers from before it.
func (c *Clusterer) cluster(utts []model.Voice, owners []int, threshold float64) partition {
	voices := make([]*model.Voice, 0, len(owners)+len(utts))
	firm := c.firm()
	apart := make([]bool, 0, len(owners)) // the rest is nobody's
	for _, s := range owners {
		voices, apart = append(voices, &model.Voice{Stats: c.anchored(s)}), append(apart, firm[s])
	}
	free := func(i int) bool { return !c.utts[i].echo && c.utts[i].given == 0 }
	for i := range utts {
		if free(i) {
			voices = append(voices, &utts[i])
		}
	}
	labels := agglomerate(c.scorer, voices, apart, threshold, c.limits())
	p := partition{owners: labels[:len(owners)], clusters: make([]int, len(utts)), n: slices.Max(labels) + 1}
	rest := labels[len(owners):]
	for i := range utts {
		p.clusters[i] = -1
		if free(i) {
			p.clusters[i], rest = rest[0], rest[1:]
		}
	}
	c.follow(p.clusters)
	c.refine(&p, utts, owners)
	c.dissolve(&p, utts, owners)
	return p
}

// voices returns the voice of each cluster, and which ones are those of speakers
// from before the window.
func (c *Clusterer) voices(p *partition, owners []int) (voices []model.Voice, owned []bool) {
	voices, owned = make([]model.Voice, p.n), make([]bool, p.n)
	for l := range voices {
		voices[l] = c.m.Shape().NewVoice()
	}
	for i, l := range p.owners {
		voices[l].Stats.Add(c.anchored(owners[i]))
		owned[l] = true
	}
	for i, l := range p.clusters {
		if !c.utts[i].echo && l >= 0 {
			voices[l].Stats.AddKept(c.utts[i].pair)
		}
	}
	return voices, owned
}

// dissolve gives the utterances of clusters that are too small to be a speaker
// to the clusters that are not.
func (c *Clusterer) dissolve(p *partition, utts []model.Voice, owners []int) {
	voices, keep := c.voices(p, owners)
	kept := 0
	for l := range voices {
		keep[l] = keep[l] || voices[l].Stats.N >= float64(c.cfg.MinCreate)
		if keep[l] {
			kept++
		}
	}
	if kept == 0 || kept == p.n || kept < c.limits().Min {
		return
	}
	for i, l := range p.clusters {
		if l < 0 || keep[l] {
			continue
		}
		best, bestScore := -1, math.Inf(-1)
		for k := range voices {
			if !keep[k] {
				continue
			}
			if s := c.scorer.Score(&utts[i], &voices[k]); s > bestScore {
				best, bestScore = k, s
			}
		}
		p.clusters[i] = best
	}
	c.follow(p.clusters)
	p.renumber()
}

// renumber closes the gaps in the clusters' numbers.
func (p *partition) renumber() {
	index := make(map[int]int)
	for _, labels := range [][]int{p.owners, p.clusters} {
		for i, l := range labels {
			if l < 0 {
				continue
			}
			if _, ok := index[l]; !ok {
				index[l] = len(index)
			}
			labels[i] = index[l]
		}
	}
	p.n = len(index)
}
