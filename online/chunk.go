package online

import (
	"iter"
	"slices"

	"github.com/seed-7adb9000/diarizer/features"
	"github.com/seed-7adb9000/diarizer/online/model"
	"github.com/seed-7adb9000/diarizer/segment"
)

// chunk is up to 100 ms of speech whose utterance has not closed yet.
type chunk struct {
	start, end int64
	sound      model.Sound
	level      float32                 // dBFS, 0 where it is not known
	tracks     [segment.Tracks]float32 // how active each of the voices of the place is
	two        float32                 // the probability of that
	crowd      bool                    // several speak in it
}

func (a *chunk) middle() int64 { return (a.start + a.end) / 2 }

// frames returns the number of frames of the chunk.
func (a *chunk) frames() int { return int((a.end - a.start) / features.Hop) }

// addChunk takes in the frames of an event.
func (c *Clusterer) addChunk(ev segment.Event) {
	n := len(ev.Frames) / c.m.Front().Dim()
	a := chunk{start: ev.FrameStart, end: ev.FrameStart + int64(n)*features.Hop, level: float32(ev.Level), crowd: ev.Crowd, two: ev.Two, tracks: ev.Tracks}
	if ev.Draft == c.cfg.Drafts { // once
		c.distribution.add(a.level)
	}
	a.sound = c.look.ear.Hear(ev.Frames, ev.FrameStart/features.Hop)
	c.look.chunks = append(c.look.chunks, a)
}

// forgetChunks lets go of the chunks of utterances that have closed: every one
// that is to come begins at rest or later.
func (c *Clusterer) forgetChunks(rest int64) {
	c.look.chunks = slices.DeleteFunc(c.look.chunks, func(a chunk) bool { return a.middle() < rest })
}

// within iterates over the chunks that lie for the most part between start and
// end.
func (c *Clusterer) within(start, end int64) iter.Seq[*chunk] {
	return func(yield func(*chunk) bool) {
		for i := range c.look.chunks {
			if mid := c.look.chunks[i].middle(); mid >= start && mid < end && !yield(&c.look.chunks[i]) {
				return
			}
		}
	}
}

// sounds iterates over what is kept of the chunks between start and end.
func (c *Clusterer) sounds(start, end int64) iter.Seq[*model.Sound] {
	return func(yield func(*model.Sound) bool) {
		for a := range c.within(start, end) {
			if !yield(&a.sound) {
				return
			}
		}
	}
}

// spoken iterates over what an utterance's pair is made of: of the chunks between
// start and end those in which one person speaks, or all of them where these are
// less than leastAlone.
func (c *Clusterer) spoken(start, end int64) iter.Seq[*model.Sound] {
	alone, crowd := 0, 0
	for a := range c.within(start, end) {
		if a.crowd {
			crowd++
		} else {
			alone++
		}
	}
	if crowd == 0 || alone < leastAlone {
		return c.sounds(start, end)
	}
	return func(yield func(*model.Sound) bool) {
		for a := range c.within(start, end) {
			if !a.crowd && !yield(&a.sound) {
				return
			}
		}
	}
}

// leastAlone is how many chunks of one voice say more of it than all of an
// utterance in which others speak too.
const leastAlone = 5

// measure sets the level of u, whose chunks are all there, and makes c.voice its
// voice.
func (c *Clusterer) measure(u *utterance) {
	c.look.ear.Pair(&c.voice.Stats, c.spoken(u.start, u.end))
	c.scorer.Outline(&c.voice)
	u.level = c.levelOf(u.start, u.end)
}

// renew makes what pairs of the stream's beginning are remembered again, as the
// model would make them now.
func (c *Clusterer) renew() {
	for i := range c.look.chunks {
		c.look.ear.Renew(&c.look.chunks[i].sound)
	}
	for i := range c.utts {
		u := &c.utts[i]
		if u.frames == nil {
			continue
		}
		done := c.look.ear.Again(&c.voice.Stats, u.frames)
		u.pair = c.voice.Stats.Keep()
		if done {
			u.frames = nil
		}
	}
	c.regroup()
}
