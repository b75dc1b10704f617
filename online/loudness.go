package online

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/seed-7adb9000/diarizer/features"
)

// loudness is the distribution of the levels of a stream's speech of late: in the
// hours of a stream people move, lines change and somebody turns a gain.
type loudness struct {
	count [loudnessBins]float64 // of atoms, by 1 dB from −loudnessBins dBFS on
	total float64
}

const (
	loudnessBins = 120
	// loudnessHalfLife is after how many atoms one counts half: 30 s of speech.
	loudnessHalfLife = 300
	// forgotten is a share of an atom that no sum of them can tell from none. It
	// would get smaller for ever, and numbers below 1e-308 are slow.
	forgotten = 1e-100
	// faintWithin is how long an utterance can still turn out to be in the
	// background, because the near ones had not spoken yet, in samples: 30 s.
	faintWithin = 30 * 100 * features.Hop
)

// add takes the level of an atom in dBFS. 0 stands for one that is not known.
func (l *loudness) add(level float32) {
	if level == 0 {
		return
	}
	keep := math.Exp2(-1.0 / loudnessHalfLife)
	floats.Scale(keep, l.count[:])
	for i, n := range l.count {
		if n < forgotten {
			l.count[i] = 0
		}
	}
	l.count[min(max(int(level)+loudnessBins, 0), loudnessBins-1)]++
	l.total = keep*l.total + 1
}

// loudShare is the part of the speech that lies below the level by which a
// stretch is called loud: its loudest tenth makes the impression.
const loudShare = 0.9

// quantile returns the level, in dBFS, that loudShare of the speech lies below,
// or −∞ while there is none.
func (l *loudness) quantile() float64 {
	var sum float64
	for i, n := range l.count {
		sum += n
		if n > 0 && sum >= loudShare*l.total {
			return float64(i - loudnessBins)
		}
	}
	return math.Inf(-1)
}

// levelOf returns the same of the atoms between start and end, or 0 where
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
	return float64(c.levels[int(loudShare*float64(len(c.levels)-1))])
}

// faint says whether an utterance lies so far below the speech of late that it is
// somebody in the background, no part of the conversation.
func (c *Clusterer) faint(u *utterance) bool {
	return c.cfg.Faint > 0 && u.level != 0 && u.level < c.loud.quantile()-c.cfg.Faint
}

// dropFaint takes the faint ones of the latest utterances out of the window for
// good.
func (c *Clusterer) dropFaint() {
	before := len(c.utts)
	c.utts = slices.DeleteFunc(c.utts, func(u utterance) bool { return c.until-u.end < faintWithin && c.faint(&u) })
	if len(c.utts) < before {
		c.reecho()
	}
}
