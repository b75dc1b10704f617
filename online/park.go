package online

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// park takes the speakers who have been silent for longest out of the clustering, while
// the clustering has more than it should. A speaker who is heard in the window stays.
func (c *Clusterer) park() {
	if len(c.speakers) <= c.bounds.present {
		return
	}
	heard := make(map[int]bool)
	for i := range c.utts {
		heard[c.utts[i].speaker], heard[c.utts[i].given] = true, true
	}
	for i := range c.looks {
		heard[c.looks[i].last] = true
	}
	if c.open != nil {
		heard[c.open.speaker], heard[c.open.created] = true, true
	}
	for len(c.speakers) > c.bounds.present {
		oldest := -1
		for i := range c.speakers {
			s := &c.speakers[i]
			if !heard[s.number] && (oldest < 0 || s.heard < c.speakers[oldest].heard) {
				oldest = i
			}
		}
		if oldest < 0 {
			break
		}
		s := c.speakers[oldest]
		c.absent.park(parked{s.number, s.anchor, s.heard}, c.bounds.parked)
		c.leave(s.number)
	}
	c.relink()
}

// leave takes a speaker out of the clustering.
func (c *Clusterer) leave(number int) {
	if i, here := c.at(number); here {
		c.speakers = slices.Delete(c.speakers, i, i+1)
	}
}

// recall has the speaker return who is parked and whom v, which is outlined, is
// most like, if the score exceeds threshold. It returns their number and the
// score, Unknown where there is nobody.
func (c *Clusterer) recall(v *model.Voice, threshold float64) (number int, score float64) {
	best := -1
	for i := range c.absent.parked {
		t := model.Voice{Stats: c.absent.parked[i].anchor.Stats(c.m.Shape())}
		c.scorer.Outline(&t)
		if c.scorer.Bound(v, &t) <= threshold {
			continue
		}
		if s := c.scorer.Score(v, &t); s > threshold && (best < 0 || s > score) {
			best, score = i, s
		}
	}
	if best < 0 {
		return Unknown, 0
	}
	p := c.absent.take(best)
	i, _ := c.at(p.number)
	c.speakers = slices.Insert(c.speakers, i, speaker{number: p.number, anchor: p.anchor, heard: p.heard})
	c.prepare(p.number)
	c.relink()
	return p.number, score
}

// recallCluster is recall for the l-th cluster of the window, whose utterances have
// the given labels.
func (c *Clusterer) recallCluster(labels []int, l int, threshold float64) (number int) {
	if len(c.absent.parked) == 0 {
		return Unknown
	}
	v := c.m.Shape().NewVoice()
	for i, label := range labels {
		if label == l && !c.utts[i].echo {
			v.Stats.AddKept(c.utts[i].pair)
		}
	}
	c.scorer.Outline(&v)
	number, _ = c.recall(&v, threshold)
	return number
}

// invite has speakers return who may be those that were first heard in the window:
// with more than their first words a review may find them to be one.
func (c *Clusterer) invite(threshold float64) {
	var young []int
	if len(c.absent.parked) > 0 {
		for i := range c.speakers {
			if s := &c.speakers[i]; s.anchor.N <= 0 && s.voice.Stats.N > 0 {
				young = append(young, s.number)
			}
		}
	}
	for _, n := range young {
		c.recall(&c.speaker(n).voice, threshold)
	}
}
