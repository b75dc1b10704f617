package segment

// handover finds where speech passes from one voice's track to another's.
type handover struct {
	track int // who speaks, from 1; 0 for nobody yet
	other int // who may speak since some frames, likewise
	since int64
}

// handoverFrames is how long another voice has to be heard.
const handoverFrames = 40

// add takes the next frame. Where another voice has been heard for long enough, it
// returns for how many frames.
func (h *handover) add(f *Frame) (frames int64, ok bool) {
	if !f.Speech {
		*h = handover{}
		return 0, false
	}
	best := 0
	for k, v := range f.Tracks {
		if v > f.Tracks[best] {
			best = k
		}
	}
	who := best + 1
	switch {
	case f.Tracks[best] < 0.5 || who == h.track:
		h.other, h.since = 0, 0
		return 0, false
	case who != h.other:
		h.other, h.since = who, 0
	}
	h.since++
	if h.since < handoverFrames {
		return 0, false
	}
	known := h.track != 0
	h.track, h.other, h.since = who, 0, 0
	return handoverFrames, known
}

func (h *handover) fields() []any { return []any{&h.track, &h.other, &h.since} }
