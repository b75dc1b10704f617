package online

import (
	"math"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/segment"
)

// crowd is a stretch of an utterance in which somebody else speaks as well.
type crowd struct {
	start, end int64
	two        float64 // the probability that somebody does, on average
	track      int     // whose voice that is among those of the place, from 1
}

const (
	// besideWithin is how far from the overlap its second speaker is looked for, in
	// samples: a voice keeps its track for some 10 s.
	besideWithin = 10 * 100 * features.Hop
	// besideHalf is the pause after which a speaker is half as likely to be the second
	// voice.
	besideHalf = 2 * 100 * features.Hop
	// besideOther is the weight of a speaker who is heard on another track.
	besideOther = 0.1
	// besideLeast is how probable a second voice and its speaker must be.
	besideLeast = 0.5
)

// tell finds which voice of its place u is of, by the chunks of u, and where another
// voice speaks beside it.
func (c *Clusterer) tell(u *utterance) {
	var alone, all [segment.Tracks]float32
	for a := range c.within(u.start, u.end) {
		for k, v := range a.tracks {
			all[k] += v
			if !a.crowd {
				alone[k] += v
			}
		}
	}
	track := most(alone)
	if alone[track] == 0 {
		track = most(all)
	}
	if all[track] == 0 {
		return
	}
	u.track = track + 1
	var open *crowd
	var beside [segment.Tracks]float32
	chunks := 0.0
	finish := func() {
		if open != nil {
			open.track = most(beside) + 1
			open.two /= chunks
			open, beside, chunks = nil, [segment.Tracks]float32{}, 0
		}
	}
	for a := range c.within(u.start, u.end) {
		if !a.crowd {
			finish()
			continue
		}
		if open == nil {
			u.crowds = append(u.crowds, crowd{start: max(a.start, u.start)})
			open = &u.crowds[len(u.crowds)-1]
		}
		open.end = min(a.end, u.end)
		open.two += float64(a.two)
		chunks++
		for k, v := range a.tracks {
			if k != track {
				beside[k] += v
			}
		}
	}
	finish()
}

// most returns the index of the largest, the first one of several.
func most(v [segment.Tracks]float32) int {
	best := 0
	for k := range v {
		if v[k] > v[best] {
			best = k
		}
	}
	return best
}

// beside returns who speaks beside u in one of its crowds, and the probability of that;
// Unknown where that is small, or nobody else is near.
func (c *Clusterer) beside(u *utterance, cr crowd) (speaker int, confidence float64) {
	votes := make(map[int]float64, 4)
	sum := 0.0
	for i := range c.utts {
		v := &c.utts[i]
		apart := max(v.start-cr.end, cr.start-v.end, 0)
		who := v.owner()
		if v.draft || who == Unknown || c.links.same(who, u.owner()) || apart > besideWithin {
			continue
		}
		w := float64(v.end-v.start) * math.Exp2(-float64(apart)/besideHalf)
		if v.track != cr.track {
			w *= besideOther
		}
		votes[who] += w
		sum += w
		if speaker == Unknown || votes[who] > votes[speaker] {
			speaker = who
		}
	}
	if speaker == Unknown {
		return Unknown, 0
	}
	if confidence = cr.two * votes[speaker] / sum; confidence < besideLeast {
		return Unknown, 0
	}
	return speaker, confidence
}
