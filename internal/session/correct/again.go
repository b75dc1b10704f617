package correct

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
)

// Made is a correction that was made after the end of a run.
type Made struct {
	Correction
	// New says that Into was nobody before: the correction gave turns to a new speaker.
	New bool `json:"new,omitempty"`
}

// Made returns the corrections after the end that stand, in order, and behind them the marks.
func (l *Late) Made() (all []Made) {
	known := map[event.Speaker]bool{}
	for _, s := range l.ground.speakers {
		known[s] = true
	}
	for _, c := range l.stands {
		isNew := c.Action == Give && !known[c.Into]
		if isNew {
			known[c.Into] = true
		}
		all = append(all, Made{c, isNew})
	}
	for _, c := range l.marks {
		all = append(all, Made{Correction: c})
	}
	return all
}

// Name returns the name that a speaker had at the end of the run, or nothing, and the
// confidence with which that was told. ok is false if the speaker was not there at the end,
// for example because the speaker had been merged into another. Corrections after the end do
// not count.
func (l *Late) Name(s event.Speaker) (name string, confidence float64, ok bool) {
	return l.ground.found[int(s)].name, l.sure[s], slices.Contains(l.ground.speakers, s)
}

// The reasons why a correction cannot be made again.
var (
	errLateTurns   = errors.New("its turns came with the end of the stream, or with another correction")
	errLateSpeaker = errors.New("its speaker came with the end of the stream, or with a correction that cannot be made again")
)

// Again makes corrections again that were made after the end of a run. d goes on with that
// run from a moment before its end. The turns and speakers that the end brought may have
// other numbers now, or not be there. So corrections are about what d has when Again begins,
// and about the new speakers of these corrections, who may get other numbers too. refused is
// handed each correction that is not made, or not whole, and why.
func (d *Desk) Again(all []Made, refused func(Correction, error)) error {
	turns, now := d.present()
	for _, m := range all {
		c := m.Correction
		c.Run = ""
		if m.New {
			now[m.Into] = event.Unknown
		}
		c.Speaker, c.Into = now[m.Speaker], now[m.Into]
		c.Turns = slices.DeleteFunc(slices.Clone(c.Turns), func(id int) bool { return !turns[id] })
		if len(c.Turns) < len(m.Turns) {
			refused(m.Correction, errLateTurns)
		}
		lost := func(was, is event.Speaker) bool { return was != event.Unknown && is == event.Unknown }
		known := !lost(m.Speaker, c.Speaker) && !lost(m.Into, c.Into)
		if c.Action == Give { // a new speaker is not there before the first turn
			_, known = now[m.Into]
		}
		switch {
		case len(c.Turns) == 0 && c.Action == Give:
			continue
		case !known:
			refused(m.Correction, errLateSpeaker)
			continue
		}
		_, err := d.Correct(c)
		switch {
		case errors.Is(err, ErrRefused), errors.Is(err, ErrMalformed):
			refused(m.Correction, err)
		case err != nil:
			return fmt.Errorf("%s after the end: %w", c.Action, err)
		case c.Action == Give:
			now[m.Into] = d.givenTo(c)
		}
	}
	return nil
}

// present returns the numbers of the turns that have ended, and for each speaker the
// speaker's number.
func (d *Desk) present() (turns map[int]bool, speakers map[event.Speaker]event.Speaker) {
	d.mu.Lock()
	defer d.mu.Unlock()
	turns, speakers = map[int]bool{}, map[event.Speaker]event.Speaker{}
	for id, p := range d.places() {
		turns[id] = !d.turns[p.turn].open
	}
	for s := range d.live {
		speakers[event.Speaker(s)] = event.Speaker(s)
	}
	return turns, speakers
}

// givenTo is the speaker to whom a give that stands gave its turns.
func (d *Desk) givenTo(c Correction) event.Speaker {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range slices.Backward(d.stands) {
		if s.ID == c.ID {
			return s.Into
		}
	}
	return event.Unknown // it was taken back at once
}
