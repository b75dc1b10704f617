package online

import (
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// atom is up to 100 ms of speech.
type atom struct {
	start, end int64
	moments    model.Moments
	// frames are the features as they came, by rows, while the running mean
	// may still move so much that they have to be looked at again.
	frames []float32
}

func (a *atom) middle() int64 { return (a.start + a.end) / 2 }

// The first minutes of a stream are normalised by a mean that is still being
// found. Its frames are kept up to keepFrames, and aligned with the UBM anew
// each time the mean rests on twice as much speech, first after
// firstAlignment frames.
const (
	firstAlignment = 300
	keepFrames     = 12000
)

// addAtom takes in the frames of an event.
func (c *Clusterer) addAtom(ev segment.Event) {
	dim := c.m.Dim()
	n := len(ev.Frames) / dim
	a := atom{start: ev.FrameStart, end: ev.FrameStart + int64(n)*segment.Hop}
	for i := range n {
		c.norm.Update(ev.Frames[i*dim : (i+1)*dim])
	}
	c.heard += n
	c.acc.Reset()
	for i := range n {
		c.norm.Apply(c.x, ev.Frames[i*dim:(i+1)*dim])
		c.acc.Add(c.x)
	}
	a.moments = c.acc.Moments()
	if c.heard <= keepFrames {
		a.frames = make([]float32, len(ev.Frames))
		for i, v := range ev.Frames {
			a.frames[i] = float32(v)
		}
	}
	c.atoms = append(c.atoms, a)
}

// realign computes the moments of the atoms anew under the mean that is known
// now, and with them the pairs of the window's utterances.
func (c *Clusterer) realign() {
	dim := c.m.Dim()
	for i := range c.atoms {
		a := &c.atoms[i]
		if a.frames == nil {
			continue
		}
		c.acc.Reset()
		for at := 0; at < len(a.frames); at += dim {
			for j := range c.x {
				c.x[j] = float64(a.frames[at+j])
			}
			c.norm.Apply(c.x, c.x)
			c.acc.Add(c.x)
		}
		a.moments = c.acc.Moments()
		if c.heard > keepFrames {
			a.frames = nil // the mean has settled
		}
	}
	for i := range c.base {
		c.measure(&c.base[i])
	}
	for i := range c.utts {
		c.measure(&c.utts[i])
	}
}

// measure sets the voice of u.
func (c *Clusterer) measure(u *utterance) {
	u.voice = model.NewVoice(c.m.Nu)
	c.statsInto(&u.voice.Stats, u.start, u.end)
	c.scorer.Update(&u.voice)
	c.keys++
	u.key = c.keys
}

// statsInto sets dst to the pair of the atoms that lie for the most part between
// start and end.
func (c *Clusterer) statsInto(dst *model.Stats, start, end int64) {
	c.pool.Reset()
	for i := len(c.atoms) - 1; i >= 0; i-- {
		a := &c.atoms[i]
		if a.end <= start {
			break
		}
		if mid := a.middle(); mid >= start && mid < end {
			c.pool.Add(a.moments)
		}
	}
	c.pool.StatsInto(dst)
}
