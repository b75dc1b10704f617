package online

import (
	"cmp"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// Config are the settings of a [Clusterer]. The zero value of a field stands
// for its default.
type Config struct {
	// Limits bound the number of speakers, 0 for no bound.
	Limits Limits
	// MinCreate is how much speech makes a new speaker, in frames; 100.
	MinCreate int
	// MinAssign is how much speech an open utterance must have before it gets a
	// provisional speaker, in frames; the model's.
	MinAssign int
	// SelfLoopPrior is the log prior odds that the speaker who spoke last goes on; 1.
	SelfLoopPrior float64
	// JoinGap is the longest pause inside a turn, in samples; 0.4 s.
	JoinGap int64
	// LevelGate is how far an utterance must lie below the loud speech of the last
	// minutes to be left out as background, in decibels; 25. −1 keeps every utterance,
	// and is the default where there are Drafts.
	LevelGate float64
	// Whole keeps utterances as they come. Otherwise an utterance is cut where known
	// speakers take turns in it. Given utterances should be Whole.
	Whole bool
	// Exclusive leaves out speakers who speak beside another.
	Exclusive bool
	// Drafts says that the utterances come twice: from a first look at the sound, and
	// some seconds later from a second look, whose utterances replace the first ones. See
	// segment.Event.
	Drafts bool
	// Window is how many utterances can still get another speaker; the model's.
	Window int
}

func (c Config) withDefaults(rule model.Rule) Config {
	c.MinCreate = cmp.Or(c.MinCreate, 100)
	c.MinAssign = cmp.Or(c.MinAssign, rule.MinAssign)
	c.SelfLoopPrior = cmp.Or(c.SelfLoopPrior, 1)
	c.JoinGap = cmp.Or(c.JoinGap, 6400)
	if c.Drafts {
		c.LevelGate = cmp.Or(c.LevelGate, -1)
	}
	c.LevelGate = cmp.Or(c.LevelGate, 25)
	c.Window = cmp.Or(c.Window, rule.Window)
	return c
}
