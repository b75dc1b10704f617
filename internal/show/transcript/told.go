package transcript

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
)

// piece is a stretch of speech by one speaker.
type piece struct {
	start, end event.Time
	speaker    event.Speaker
}

// told is the pieces that a transcript has told so far. Pieces may overlap.
type told []piece

// untold returns the parts of p that are news. A part is no news if its speaker was told
// there. It is no news either if a speaker was told there who does not speak there now:
// that is a correction.
func (t told) untold(p piece, now []piece) []piece {
	var parts []piece
	t, now = between(t, p.start, p.end), between(now, p.start, p.end)
	edges := edges(p.start, p.end, t, now)
	for i := 1; i < len(edges); i++ {
		was, is := at(t, edges[i-1]), at(now, edges[i-1])
		stale := slices.ContainsFunc(was, func(s event.Speaker) bool { return !slices.Contains(is, s) })
		if stale || slices.Contains(was, p.speaker) {
			continue
		}
		if n := len(parts) - 1; n >= 0 && parts[n].end == edges[i-1] {
			parts[n].end = edges[i]
		} else {
			parts = append(parts, piece{edges[i-1], edges[i], p.speaker})
		}
	}
	return parts
}

// correction is a stretch for which other speakers were told than speak there. Neither list
// has a speaker twice.
type correction struct {
	start, end event.Time
	was, is    []event.Speaker
}

// corrections compares what was told from start to end with the present pieces. Where
// nothing was told there is nothing to correct.
func (t told) corrections(now []piece, start, end event.Time) []correction {
	var found []correction
	t, now = between(t, start, end), between(now, start, end)
	edges := edges(start, end, t, now)
	for i := 1; i < len(edges); i++ {
		c := correction{start: edges[i-1], end: edges[i],
			was: at(t, edges[i-1]), is: at(now, edges[i-1])}
		if len(c.was) == 0 || slices.Equal(c.was, c.is) {
			continue
		}
		if n := len(found) - 1; n >= 0 && found[n].end == c.start &&
			slices.Equal(found[n].was, c.was) && slices.Equal(found[n].is, c.is) {
			found[n].end = c.end
		} else {
			found = append(found, c)
		}
	}
	return found
}

// between returns the pieces that overlap the time from start to end. A change concerns
// seconds of a transcript of hours.
func between(list []piece, start, end event.Time) []piece {
	var some []piece
	for _, p := range list {
		if p.start < end && start < p.end {
			some = append(some, p)
		}
	}
	return some
}

// within reports whether a piece lies between start and end.
func (t told) within(start, end event.Time) bool {
	return slices.ContainsFunc(t, func(p piece) bool { return start <= p.start && p.end <= end })
}

// edges returns start, end and the boundaries of pieces between them.
func edges(start, end event.Time, lists ...[]piece) []event.Time {
	all := []event.Time{start, end}
	for _, list := range lists {
		for _, p := range list {
			all = append(all, min(max(p.start, start), end), min(max(p.end, start), end))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// at returns the speakers at a time.
func at(list []piece, t event.Time) []event.Speaker {
	var who []event.Speaker
	for _, p := range list {
		if p.start <= t && t < p.end {
			who = append(who, p.speaker)
		}
	}
	slices.Sort(who)
	return slices.Compact(who)
}

// mostTold is how many pieces, and closed turns, a transcript remembers. Changes of older
// ones are not told as corrections.
const mostTold = 20000

// add adds a piece to the list, which keeps at most most pieces.
func (t *told) add(p piece, most int) {
	if *t = append(*t, p); len(*t) > most {
		*t = slices.Delete(*t, 0, most/8) // the oldest ones
	}
}

// merge gives the pieces of speaker to into.
func (t told) merge(speaker, into event.Speaker) {
	for i := range t {
		if t[i].speaker == speaker {
			t[i].speaker = into
		}
	}
}

// correct changes the pieces to what c says.
func (t *told) correct(c correction) {
	var kept told
	for _, p := range *t {
		if p.start < c.start {
			kept = append(kept, piece{p.start, min(p.end, c.start), p.speaker})
		}
		if p.end > c.end {
			kept = append(kept, piece{max(p.start, c.end), p.end, p.speaker})
		}
	}
	for _, s := range c.is {
		kept = append(kept, piece{c.start, c.end, s})
	}
	*t = kept
}
