package online

import (
	"slices"
	"testing"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// TestRefine gives partitions with faults, and expects the true one: an utterance in the
// wrong cluster, a cluster of bits of everybody, and clusters too small to be anybody.
func TestRefine(t *testing.T) {
	const people, count, frames = 3, 24, 60
	for _, test := range []struct {
		name   string
		faults func(labels []int)
		limits Limits
		want   int // clusters
	}{
		{"none", func([]int) {}, Limits{}, 3},
		{"two utterances elsewhere", func(l []int) { l[4], l[9] = 2, 1 }, Limits{}, 3},
		{"bits of everybody", func(l []int) { l[3], l[4], l[5] = 3, 3, 3 }, Limits{}, 3},
		{"one utterance alone", func(l []int) { l[7] = 3 }, Limits{}, 3},
		{"as many as were asked for", func(l []int) { l[7] = 3 }, Limits{Min: 4}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(2, people)
			w.regularisation = 2
			c, err := New(w.model(), Config{Limits: test.limits})
			if err != nil {
				t.Fatal(err)
			}
			c.frames = refineFully
			voices := w.utterances(c.scorer, count, frames)
			p := partition{n: 4}
			var utts []model.Voice
			for i, v := range voices {
				c.utts = append(c.utts, utterance{pair: v.Stats.Keep()})
				utts = append(utts, *v)
				p.clusters = append(p.clusters, i%people)
			}
			test.faults(p.clusters)
			p.n = slices.Max(p.clusters) + 1
			c.refine(&p, utts, nil)
			if p.n != test.want {
				t.Errorf("%d clusters, expected %d: %v", p.n, test.want, p.clusters)
			}
			for i, l := range p.clusters {
				if test.want == people && l != p.clusters[i%people] {
					t.Errorf("utterance %d of person %d is in cluster %d: %v", i, i%people, l, p.clusters)
				}
			}
		})
	}
}

// TestRefineKeepsSpeakers expects that speakers from before the window keep their
// clusters, although nobody else is in them.
func TestRefineKeepsSpeakers(t *testing.T) {
	w := newWorld(2, 3)
	w.regularisation = 4
	c, err := New(w.model(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.frames = refineFully
	voices := w.utterances(c.scorer, 9, 60)
	p := partition{n: 3, owners: []int{0, 2}}
	for i, of := range []int{0, 2} {
		c.speakers = append(c.speakers, speaker{number: i + 1, anchor: voices[of].Stats.Keep()})
	}
	var utts []model.Voice
	for i, v := range voices[3:] {
		if i%3 == 2 {
			continue // the one of the anchor is silent
		}
		c.utts = append(c.utts, utterance{pair: v.Stats.Keep()})
		utts, p.clusters = append(utts, *v), append(p.clusters, i%3)
	}
	c.refine(&p, utts, []int{1, 2})
	if p.n != 3 || p.owners[0] != p.clusters[0] || slices.Contains(p.clusters, p.owners[1]) {
		t.Errorf("owners in %v, utterances in %v of %d clusters, expected the first owner with every second utterance and the other one alone",
			p.owners, p.clusters, p.n)
	}
}
