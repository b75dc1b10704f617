package board

import "github.com/seed-7adb9000/diarizer/event"

// Share is how much a speaker has said so far.
type Share struct {
	Speaker event.Speaker
	// Name is the name of the speaker, or the speaker's id.
	Name string
	Tally
	// Share is the speaker's share of all speakers' talk time, from 0 to 1.
	Share float64
	// Speaking says whether a turn of the speaker is open.
	Speaking bool
}

// Shares returns the speakers that have a turn, in order of appearance. The turns of an
// unknown speaker, if there are any, come last.
func (b *Board) Shares() []Share {
	tally := map[event.Speaker]Tally{}
	speaking := map[event.Speaker]bool{}
	var all event.Time
	for s, t := range b.folded {
		tally[s] = t
		all += t.Talk
	}
	for _, t := range b.turns {
		tally[t.Speaker] = tally[t.Speaker].plus(Tally{t.End - t.Start, 1})
		all += t.End - t.Start
		if t.Open {
			speaking[t.Speaker] = true
		}
	}
	var shares []Share
	add := func(s event.Speaker) {
		share := Share{Speaker: s, Name: b.Name(s), Tally: tally[s], Speaking: speaking[s]}
		if all > 0 {
			share.Share = float64(share.Talk) / float64(all)
		}
		shares = append(shares, share)
	}
	for _, s := range b.speakers {
		if tally[s].Turns > 0 {
			add(s)
		}
	}
	if tally[event.Unknown].Turns > 0 {
		add(event.Unknown)
	}
	return shares
}
