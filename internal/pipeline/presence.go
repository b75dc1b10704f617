package pipeline

import "github.com/seed-7adb9000/diarizer/segment"

// presenceOfFrame remembers who was there in the latest frames: of frame i at i modulo
// the length.
type presenceOfFrame [segment.AtomFrames]presence

func (r *presenceOfFrame) add(frame int64, p presence) { r[frame%int64(len(r))] = p }

// mark says in an event who speaks in its frames, which are those of one atom at most,
// the latest ones.
func (r *presenceOfFrame) mark(ev *segment.Event) {
	first, last := ev.FrameStart/segment.Hop, (ev.Utterance.End-1)/segment.Hop
	n := float32(last - first + 1)
	two := float32(0)
	for i := first; i <= last; i++ {
		p := &r[i%int64(len(r))]
		two += p.Two / n
		for k, v := range p.Tracks {
			ev.Tracks[k] += v / n
		}
	}
	ev.Two, ev.Crowd = two, two > 0.5
}

// change finds where speech passes from one voice to another.
type change struct {
	track int // who speaks, from 1; 0 for nobody yet
	other int // who may speak since some frames, likewise
	since int64
}

// changeFrames is how long another voice has to be heard.
const changeFrames = 40

// add takes the next frame. Where another voice has been heard for long enough, it
// returns for how many frames.
func (c *change) add(speech bool, p presence) (frames int64, ok bool) {
	if !speech {
		*c = change{}
		return 0, false
	}
	best := 0
	for k, v := range p.Tracks {
		if v > p.Tracks[best] {
			best = k
		}
	}
	who := best + 1
	switch {
	case p.Tracks[best] < 0.5 || who == c.track:
		c.other, c.since = 0, 0
		return 0, false
	case who != c.other:
		c.other, c.since = who, 0
	}
	c.since++
	if c.track == 0 && c.since >= changeFrames {
		c.track, c.other, c.since = who, 0, 0
		return 0, false
	}
	if c.since < changeFrames {
		return 0, false
	}
	c.track, c.other, c.since = who, 0, 0
	return changeFrames, true
}
