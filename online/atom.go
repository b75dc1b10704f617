package online

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// atom is up to 100 ms of speech whose utterance has not closed yet.
type atom struct {
	start, end int64
	sound      model.Aligned
	level      float32 // dBFS, 0 where it is not known
	// frames are the features as they came, by rows, while the running mean
	// may still move so much that they have to be looked at again.
	frames []float32
}

func (a *atom) middle() int64 { return (a.start + a.end) / 2 }

// The first minutes of a stream are normalised by a mean that is still being
// found. Its frames are kept up to keepFrames, and aligned with the UBM anew
// each time the mean rests on alignGrowth times as much speech, first after
// firstAlignment frames.
const (
	firstAlignment = 300
	alignGrowth    = 2
	keepFrames     = 12000
)

// addAtom takes in the frames of an event.
func (c *Clusterer) addAtom(ev segment.Event) {
	dim := c.m.Dim()
	n := len(ev.Frames) / dim
	a := atom{start: ev.FrameStart, end: ev.FrameStart + int64(n)*segment.Hop, level: float32(ev.Level)}
	c.loud.add(a.level)
	for i := range n {
		c.norm.Update(ev.Frames[i*dim : (i+1)*dim])
	}
	c.heard += n
	c.sound.Reset()
	for i := range n {
		c.norm.Apply(c.x, ev.Frames[i*dim:(i+1)*dim])
		c.acc.Align(&c.sound, c.x)
	}
	a.sound = c.sound.Clone()
	if c.heard <= keepFrames {
		a.frames = make([]float32, len(ev.Frames))
		for i, v := range ev.Frames {
			a.frames[i] = float32(v)
		}
	}
	c.atoms = append(c.atoms, a)
}

// forgetAtoms lets go of the atoms of utterances that have closed: every one
// that is to come begins at rest or later.
func (c *Clusterer) forgetAtoms(rest int64) {
	c.atoms = slices.DeleteFunc(c.atoms, func(a atom) bool { return a.middle() < rest })
}

// within iterates over the atoms that lie for the most part between start and
// end.
func (c *Clusterer) within(start, end int64) func(yield func(*atom) bool) {
	return func(yield func(*atom) bool) {
		for i := range c.atoms {
			if mid := c.atoms[i].middle(); mid >= start && mid < end && !yield(&c.atoms[i]) {
				return
			}
		}
	}
}

// measure sets the level of u, whose atoms are all there, and makes c.voice its
// voice.
func (c *Clusterer) measure(u *utterance) {
	c.acc.Reset()
	for a := range c.within(u.start, u.end) {
		c.acc.AddAligned(&a.sound)
	}
	c.acc.StatsInto(&c.voice.Stats)
	c.scorer.Outline(&c.voice)
	u.level = c.levelOf(u.start, u.end)
}

// remember keeps the features of u, which has closed, for realign.
func (c *Clusterer) remember(u *utterance) {
	for a := range c.within(u.start, u.end) {
		if a.frames == nil {
			u.frames = nil // its beginning alone would be another voice
			return
		}
		u.frames = append(u.frames, a.frames...)
	}
}

// realign aligns what is kept of the stream's beginning anew under the mean
// that is known now.
func (c *Clusterer) realign() {
	for i := range c.atoms {
		a := &c.atoms[i]
		if a.frames == nil {
			continue
		}
		a.sound = model.Aligned{}
		c.normalised(a.frames, func(x []float64) { c.acc.Align(&a.sound, x) })
	}
	for i := range c.utts {
		u := &c.utts[i]
		if u.frames == nil {
			continue
		}
		c.acc.Reset()
		c.normalised(u.frames, c.acc.Add)
		c.acc.StatsInto(&c.voice.Stats)
		u.pair = c.voice.Stats.Keep()
		if c.heard > keepFrames {
			u.frames = nil // the mean has settled
		}
	}
}

// normalised hands features, which came as rows of frames, to f one by one under
// the mean that is known now.
func (c *Clusterer) normalised(frames []float32, f func(x []float64)) {
	dim := c.m.Dim()
	for at := 0; at < len(frames); at += dim {
		for j := range c.x {
			c.x[j] = float64(frames[at+j])
		}
		c.norm.Apply(c.x, c.x)
		f(c.x)
	}
}
