package segment

import (
	"math"

	"github.com/seed-7adb9000/diarizer/features"
)

// Resting reports whether no utterance is open. Frames that are not speech then change
// nothing but the position.
func (s *Segmenter) Resting() bool { return !s.open }

// Free returns how many frames from the next one on belong to no utterance, and 0 while
// an utterance is not over.
func (g *Given) Free() int64 {
	switch {
	case !g.pending.empty() || g.closed < g.next || g.n*features.Hop < g.until:
		return 0
	case g.next == len(g.utts):
		return math.MaxInt64
	}
	return max(0, g.utts[g.next].Start/features.Hop-g.n)
}
