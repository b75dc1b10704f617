package segment

import (
	"math"

	"github.com/seed-7adb9000/diarizer/features"
)

// Resting reports whether no utterance is open, so that frames that are not speech
// only count.
func (s *Segmenter) Resting() bool { return !s.open }

// Free returns how many frames from here on belong to no utterance, 0 where one is
// not over.
func (g *Given) Free() int64 {
	switch {
	case !g.pending.empty() || g.closed < g.next || g.n*features.Hop < g.until:
		return 0
	case g.next == len(g.utts):
		return math.MaxInt64
	}
	return max(0, g.utts[g.next].Start/features.Hop-g.n)
}
