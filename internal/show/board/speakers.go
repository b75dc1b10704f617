package board

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
)

// maxSpeakers is how many speakers a Board keeps, apart from those who have a name or a turn
// that is kept: far more than the clustering recognises.
const maxSpeakers = 4000

// meet lists a speaker when the speaker first appears.
func (b *Board) meet(s event.Speaker) {
	if s == event.Unknown || slices.Contains(b.speakers, s) {
		return
	}
	b.speakers = append(b.speakers, s)
	if len(b.speakers) > max(b.crowd, maxSpeakers) {
		b.forgetSpeakers(s)
	}
}

// forgetSpeakers forgets the speakers who appeared first, apart from newest and those who have
// a name or a turn that is kept. The sums of their earlier turns are the unknown speaker's from
// then on, so that all talk time still counts.
func (b *Board) forgetSpeakers(newest event.Speaker) {
	keep := map[event.Speaker]bool{newest: true}
	for _, t := range b.turns {
		keep[t.Speaker] = true
	}
	gone := map[event.Speaker]bool{}
	many := len(b.speakers) - maxSpeakers + maxSpeakers/8
	b.speakers = slices.DeleteFunc(b.speakers, func(s event.Speaker) bool {
		if keep[s] || b.Name(s) != s.String() || len(gone) == many {
			return false
		}
		gone[s] = true
		delete(b.names, s)
		if t, ok := b.folded[s]; ok {
			b.folded[event.Unknown] = b.folded[event.Unknown].plus(t)
			delete(b.folded, s)
		}
		return true
	})
	for s, into := range b.merged {
		if gone[s] || gone[into] {
			delete(b.merged, s)
		}
	}
	b.crowd = len(b.speakers) + maxSpeakers/8 // those who stay are not looked at again at once
}
