package online

import (
	"math"
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// partition is one way to divide the window among speakers.
type partition struct {
	utts     []utterance
	clusters []int // of utts, from 0
	owners   []int // the clusters of the speakers from before the window
	n        int   // number of clusters
}

// search looks for the most probable partition of the window: it clusters what
// the segmentation cut and, where the settings ask for it, moves the boundaries
// to where the clusters meet. owners are the speakers from before the window.
func (c *Clusterer) search(owners []int) partition {
	p := c.cluster(c.base, owners)
	if c.movesBoundaries() {
		c.refine(&p, owners)
	}
	return p
}

// cluster partitions utts as they are.
func (c *Clusterer) cluster(utts []utterance, owners []int) partition {
	nodes := make([]*model.Voice, 0, len(owners)+len(utts))
	keys := make([]int64, 0, len(owners)+len(utts))
	for _, s := range owners {
		nodes = append(nodes, &c.speakers[s-1].anchor)
		keys = append(keys, c.speakers[s-1].key)
	}
	for i := range utts {
		nodes = append(nodes, &utts[i].voice)
		keys = append(keys, utts[i].key)
	}
	known := c.pairs.of(c.scorer, nodes, keys)
	labels := agglomerate(c.scorer, nodes, known, c.m.Threshold, c.cfg.Limits)
	p := partition{
		utts:     utts,
		owners:   labels[:len(owners)],
		clusters: labels[len(owners):],
		n:        slices.Max(labels) + 1,
	}
	c.dissolve(&p, owners)
	return p
}

// voices returns the voice of each cluster, and which ones are those of speakers
// from before the window.
func (c *Clusterer) voices(p *partition, owners []int) (voices []model.Voice, owned []bool) {
	voices, owned = make([]model.Voice, p.n), make([]bool, p.n)
	for l := range voices {
		voices[l] = model.NewVoice(c.m.Nu)
	}
	for i, l := range p.owners {
		voices[l].Stats.Add(c.speakers[owners[i]-1].anchor.Stats)
		owned[l] = true
	}
	for i, l := range p.clusters {
		voices[l].Stats.Add(p.utts[i].voice.Stats)
	}
	for l := range voices {
		c.scorer.Update(&voices[l])
	}
	return voices, owned
}

// dissolve gives the utterances of clusters that are too small to be a speaker
// to the clusters that are not.
func (c *Clusterer) dissolve(p *partition, owners []int) {
	voices, keep := c.voices(p, owners)
	kept := 0
	for l := range voices {
		keep[l] = keep[l] || voices[l].Stats.N >= float64(c.cfg.MinCreate)
		if keep[l] {
			kept++
		}
	}
	if kept == 0 || kept == p.n || kept < c.cfg.Limits.Min {
		return
	}
	for i, l := range p.clusters {
		if keep[l] {
			continue
		}
		best, bestScore := -1, math.Inf(-1)
		for k := range voices {
			if !keep[k] {
				continue
			}
			if s := c.scorer.Score(&p.utts[i].voice, &voices[k]); s > bestScore {
				best, bestScore = k, s
			}
		}
		p.clusters[i] = best
	}
	p.renumber()
}

// renumber closes the gaps in the clusters' numbers.
func (p *partition) renumber() {
	index := make(map[int]int)
	for _, labels := range [][]int{p.owners, p.clusters} {
		for i, l := range labels {
			if _, ok := index[l]; !ok {
				index[l] = len(index)
			}
			labels[i] = index[l]
		}
	}
	p.n = len(index)
}

// refine moves the boundaries of p to where its clusters meet.
func (c *Clusterer) refine(p *partition, owners []int) {
	atoms := c.windowAtoms()
	labels := make([]int, len(atoms))
	for t, u := 0, 0; t < len(atoms); t++ {
		u = covering(p.utts, u, atoms[t])
		labels[t] = p.clusters[u]
	}
	anchors := make([]model.Stats, p.n)
	for l := range anchors {
		anchors[l] = model.NewStats(c.m.Nu)
	}
	for i, l := range p.owners {
		anchors[l].Add(c.speakers[owners[i]-1].anchor.Stats)
	}
	if found := c.seg.run(atoms, labels, anchors, c.cfg.Loop); distinct(found) >= min(c.cfg.Limits.Min, distinct(labels)) {
		labels = found
	}
	smooth(labels, atoms, c.cfg.MinRun)
	p.utts, p.clusters = nil, nil
	for t, l := range labels {
		a, n := &atoms[t], len(p.utts)
		if n == 0 || p.clusters[n-1] != l || a.start != p.utts[n-1].end || a.end-p.utts[n-1].start > maxRun {
			p.utts = append(p.utts, utterance{start: a.start, end: a.end})
			p.clusters = append(p.clusters, l)
			continue
		}
		p.utts[n-1].end = a.end
	}
	for i := range p.utts {
		c.measure(&p.utts[i])
	}
}

// smooth gives stretches of fewer than n atoms to the neighbour that the
// shorter pause separates them from, as nobody speaks for a tenth of a second.
func smooth(labels []int, atoms []atom, n int) {
	type run struct{ from, to int }
	for {
		var runs []run
		for t := range labels {
			if k := len(runs); k > 0 && labels[t] == labels[runs[k-1].from] {
				runs[k-1].to = t + 1
				continue
			}
			runs = append(runs, run{t, t + 1})
		}
		short := -1
		for i, r := range runs {
			if size := r.to - r.from; size < n && (short < 0 || size < runs[short].to-runs[short].from) {
				short = i
			}
		}
		if short < 0 || len(runs) < 2 {
			return
		}
		r := runs[short]
		into := short - 1
		if into < 0 || short+1 < len(runs) && gap(atoms, r.to) < gap(atoms, r.from) {
			into = short + 1
		}
		for t := r.from; t < r.to; t++ {
			labels[t] = labels[runs[into].from]
		}
	}
}

// gap is the pause before atom t, in samples.
func gap(atoms []atom, t int) int64 { return atoms[t].start - atoms[t-1].end }
