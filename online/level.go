package online

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/features"
)

// levelDistribution is the distribution of the levels of a stream's speech. Old speech
// counts less and less, because in the hours of a stream people move, lines change and
// somebody turns a gain.
type levelDistribution struct {
	count [levelBins]float64 // of chunks, by 1 dB from −loudnessBins dBFS on
	total float64
}

const (
	levelBins = 120
	// loudnessHalfLife is after how many chunks one counts half: 30 s of speech.
	levelHalfLife = 300
	// forgotten is a share of a chunk that no sum of them can tell from none. It
	// would get smaller for ever, and numbers below 1e-308 are slow.
	forgotten = 1e-100
	// gateWithin is how long an utterance can still turn out to be in the
	// background, because the near ones had not spoken yet, in samples: 30 s.
	gateWithin = 30 * 100 * features.Hop
)

// add takes the level of a chunk in dBFS. 0 stands for one that is not known.
func (l *levelDistribution) add(level float32) {
	if level == 0 {
		return
	}
	keep := math.Exp2(-1.0 / levelHalfLife)
	floats.Scale(keep, l.count[:])
	for i, n := range l.count {
		if n < forgotten {
			l.count[i] = 0
		}
	}
	l.count[min(max(int(level)+levelBins, 0), levelBins-1)]++
	l.total = keep*l.total + 1
}

// levelShare is the part of the speech that lies below the level of a stretch: the
// loudest tenth makes the impression.
const levelShare = 0.9

// quantile returns the level, in dBFS, that levelShare of the speech lies below,
// or −∞ while there is none.
func (l *levelDistribution) quantile() float64 {
	var sum float64
	for i, n := range l.count {
		sum += n
		if n > 0 && sum >= levelShare*l.total {
			return float64(i - levelBins)
		}
	}
	return math.Inf(-1)
}

// levelOf returns the same of the chunks between start and end, or 0 where
// their levels are not known.
func (c *Clusterer) levelOf(start, end int64) float64 {
	c.levels = c.levels[:0]
	for a := range c.within(start, end) {
		if a.level != 0 {
			c.levels = append(c.levels, a.level)
		}
	}
	if len(c.levels) == 0 {
		return 0
	}
	slices.Sort(c.levels)
	return float64(c.levels[int(levelShare*float64(len(c.levels)-1))])
}

// gated says whether an utterance lies so far below the distribution that it is somebody
// in the background, no part of the conversation.
func (c *Clusterer) gated(u *utterance) bool {
	return c.cfg.LevelGate > 0 && u.level != 0 && u.level < c.distribution.quantile()-c.cfg.LevelGate
}

// dropGated takes the gated ones of the latest utterances out of the window for good.
func (c *Clusterer) dropGated() {
	before := len(c.utts)
	c.utts = slices.DeleteFunc(c.utts, func(u utterance) bool { return c.until-u.end < gateWithin && c.gated(&u) })
	if len(c.utts) < before {
		c.reecho()
	}
}
