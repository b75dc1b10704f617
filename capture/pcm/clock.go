package pcm

// A Clock decides, from the times that a container states, how much sound is missing between successive frames. Positions
// are in frames of one rate. The zero value is ready for sound that begins at 0.
//
// Times are often rounded, and their clock runs a little faster or slower than that of the samples. So a stated position
// is a gap only if it is ahead by more than a tolerance. The whole difference then counts, so that later frames are where
// the container has them. A position before the end of the sound so far is ignored. If it is far before, the clock was set
// back, and the Clock follows it from there.
type Clock struct {
	Gaps
	next  int64 // position of the next frame: frames heard and gaps
	shift int64 // positions here less the stated ones
}

const (
	tolerance = 25 // parts of a second: 40 ms
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

// Heard counts frames that were read.
func (c *Clock) Heard(frames int64) { c.next += frames }
