package pcm

import (
	"fmt"
	"time"
)

// A Gapped is a Reader of a recording in which sound may be missing: lost with
// damaged bytes, or never recorded, as the container's times say.
type Gapped interface {
	Reader
	// Gap is how many frames of the current format are missing between the sound
	// before the latest Read and the frames that it returned.
	Gap() int64
}

// Gap is how many frames are missing before those that r returned last, 0 if r
// does not know.
func Gap(r Reader) int64 {
	if g, ok := r.(Gapped); ok {
		return g.Gap()
	}
	return 0
}

// MaxGap is how much sound may be missing in a recording, in all gaps together. A longer gap is an error: positions in a
// damaged or hostile file cannot be trusted.
const MaxGap = 24 * time.Hour

// Gaps decides which gaps of a recording are accepted. The zero value is ready.
type Gaps struct {
	total   time.Duration
	refused int
	longest time.Duration // of the refused gaps, as far as it is known
}

// Add takes a gap in frames at a rate in hertz. It returns the frames of the gap, or 0 if the gap is refused.
func (g *Gaps) Add(frames int64, rate int) int64 {
	if frames <= 0 {
		return 0
	}
	d, most := time.Duration(1<<63-1), int64(1<<63-1)/int64(time.Second)
	if frames/int64(rate) < most {
		seconds, rest := frames/int64(rate), frames%int64(rate)
		d = time.Duration(seconds)*time.Second + time.Duration(rest*int64(time.Second)/int64(rate))
	}
	if d > MaxGap-g.total {
		g.refused++
		g.longest = max(g.longest, d)
		return 0
	}
	g.total += d
	return frames
}

// Total is the length of all accepted gaps.
func (g *Gaps) Total() time.Duration { return g.total }

// Warning is about refused gaps. It wraps [ErrDamaged].
func (g *Gaps) Warning() error {
	if g.refused == 0 {
		return nil
	}
	return fmt.Errorf("%w: its times jump ahead %d times, by up to %v, and gaps of more than %.0f h are not believed: the sound goes on without them",
		ErrDamaged, g.refused, g.longest.Round(time.Second), MaxGap.Hours())
}
