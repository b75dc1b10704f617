package front

// still reports whether the filters and what they keep are exactly 0: nothing is
// left in them of the sound before a silence.
func (f *Front) still() bool {
	return f.dc == 0 && f.last == 0 && zero(f.hist[:]) &&
		zero(f.to8.even) && zero(f.to8.odd) && zero(f.to4.even) && zero(f.to4.odd) &&
		f.hp.x1 == 0 && f.hp.x2 == 0 && f.hp.y1 == 0 && f.hp.y2 == 0 && f.corr.still()
}

// still reports whether the window and all before it that a lag may reach is
// silence.
func (c *correlator) still() bool {
	for i := range pitchSpans {
		if !zero(c.prod[i][:]) || !zero(c.late[i][:]) {
			return false
		}
	}
	return zero(c.hist[:]) && zero(c.now[:])
}

func zero(x []float32) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}
