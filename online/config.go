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
	// Evidence is how much speech of an open utterance is compared before it
	// is given a provisional speaker, in frames; the model's.
	Evidence int
	// Stay is the log prior odds for the speaker who spoke last; 1.
	Stay float64
	// JoinGap is the longest pause inside a turn, in samples; 0.4 s.
	JoinGap int64
	// Faint is by how many decibels an utterance has to lie below the loud speech
	// of late to be taken for somebody in the background, who is left out; 25, or −1,
	// which keeps everybody, where there are Drafts.
	Faint float64
	// Whole keeps utterances as they come, as given ones should be, instead of
	// cutting them where known speakers have taken turns in them.
	Whole bool
	// Exclusive leaves out who speaks beside somebody else.
	Exclusive bool
	// Drafts says that the utterances come twice: of a first look at the sound, and
	// some seconds later of a second look, which are settled. See segment.Event.
	Drafts bool
	// Window is how many utterances can still be assigned again; the model's.
	Window int
}

func (c Config) withDefaults(rule model.Rule) Config {
	c.MinCreate = cmp.Or(c.MinCreate, 100)
	c.Evidence = cmp.Or(c.Evidence, rule.Evidence)
	c.Stay = cmp.Or(c.Stay, 1)
	c.JoinGap = cmp.Or(c.JoinGap, 6400)
	if c.Drafts {
		c.Faint = cmp.Or(c.Faint, -1)
	}
	c.Faint = cmp.Or(c.Faint, 25)
	c.Window = cmp.Or(c.Window, rule.Window)
	return c
}
