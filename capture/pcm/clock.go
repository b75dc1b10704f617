package pcm

// A Clock decides, from the times that a container states, what is missing
// between frames that were read one after the other. Positions are counted in
// frames of one rate. The zero value is ready, for sound that begins at 0.
//
// Times are often rounded, and the clock that they were taken from runs a little
// faster or slower than that of the samples. So a gap is believed where the stated
// position is ahead by more than a tolerance, and then all of it: later frames are
// where the container has them. A position behind what was read already is ignored;
// where it is far behind, its clock was set back, and is followed from there.
type Clock struct {
	Gaps
	next  int64 // where the next frame lies: frames heard and gaps
	shift int64 // what stated positions are less than those that are kept
}

const (
	tolerance = 25 // of them make a second
	farBack   = 1  // in seconds
	// farthest bounds positions, so that no sum of them overflows.
	farthest = 1 << 60
)

// At takes the stated position of the frames that come next, and returns how many
// frames are missing before them.
func (c *Clock) At(pos int64, rate int) (gap int64) {
	ahead := max(-farthest, min(farthest, pos)) + c.shift - c.next
	switch {
	case ahead > int64(rate)/tolerance:
		if gap = c.Add(ahead, rate); gap == 0 {
			c.shift -= ahead
		}
	case ahead < -int64(rate)*farBack:
		c.shift -= ahead
	}
	c.next += gap
	return gap
}

// Heard tells that so many frames were read.
func (c *Clock) Heard(frames int64) { c.next += frames }
