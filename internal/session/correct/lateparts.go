package correct

import "github.com/seed-7adb9000/diarizer/event"

// parts returns the turns that corrections after the end made as parts of other turns, in
// order, by the number of the turn that they are a part of.
func (l *Late) parts() map[int][]event.Turn {
	all := map[int][]event.Turn{}
	for _, t := range l.tl.Turns() {
		if l.isPart(t) {
			all[t.Of] = append(all[t.Of], t)
		}
	}
	return all
}

// isPart reports whether a correction after the end made a turn, as a part of another turn.
func (l *Late) isPart(t event.Turn) bool { return t.Of != 0 && t.ID > l.ground.newest }

// places finds the turns of a correction, if the next event is the correction's first.
func (l *Late) places(c *event.Correction) (all []place) {
	if c == nil || l.seen[c.ID] {
		return nil
	}
	for _, id := range c.Turns {
		t, ok := l.tl.Turn(id)
		if !ok {
			continue
		}
		p := place{turn: id, start: int64(t.Start), end: int64(t.End)}
		if l.isPart(t) {
			p.turn = t.Of
		}
		all = append(all, p)
	}
	return all
}
