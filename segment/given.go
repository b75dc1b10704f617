package segment

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"github.com/seed-7adb9000/diarizer/features"
)

// Given takes the place of a [Segmenter] where the utterances are known beforehand, for
// example from a reference. Utterances may overlap; the sound of an overlap belongs to
// each of them.
type Given struct {
	utts    []Utterance // by start
	byEnd   []Utterance
	rest    []int64     // the earliest start of byEnd beyond each index
	crowds  []Utterance // where two or more of utts are, in order
	n       int64
	next    int   // first of utts that has not begun
	closed  int   // number of byEnd closed
	until   int64 // latest end of those that have begun, in samples
	pending chunk
}

// NewGiven returns the stage that cuts frames of dim features into the given utterances.
// An utterance longer than max samples is cut into equal parts of at most max. IDs count
// the parts from 1, by start.
func NewGiven(utts []Utterance, max int64, dim int) *Given {
	g := &Given{pending: newChunk(dim)}
	for _, u := range utts {
		parts := (u.End - u.Start + max - 1) / max
		for i := range parts {
			g.utts = append(g.utts, Utterance{
				Start: u.Start + (u.End-u.Start)*i/parts,
				End:   u.Start + (u.End-u.Start)*(i+1)/parts,
			})
		}
	}
	slices.SortStableFunc(g.utts, func(a, b Utterance) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	for i := range g.utts {
		g.utts[i].ID = i + 1
	}
	g.byEnd = slices.Clone(g.utts)
	slices.SortStableFunc(g.byEnd, func(a, b Utterance) int {
		return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.Start, b.Start))
	})
	g.crowds = crowds(g.utts)
	g.rest = make([]int64, len(g.byEnd))
	rest := int64(math.MaxInt64)
	for i := len(g.byEnd) - 1; i >= 0; i-- {
		g.rest[i] = rest
		rest = min(rest, g.byEnd[i].Start)
	}
	return g
}

// Push takes the next frame with its features, whatever its Speech is. at is how far the
// stream had been heard. The events that bring frames name no utterance (ID 0), as several
// may be open.
func (g *Given) Push(at int64, f Frame, emit func(Event)) {
	pos := g.n * features.Hop
	for g.next < len(g.utts) && g.utts[g.next].Start < pos+features.Hop {
		g.until = max(g.until, g.utts[g.next].End)
		g.next++
	}
	if pos < g.until {
		g.pending.add(&f)
	}
	g.n++
	if g.n%ChunkFrames == 0 || pos+features.Hop >= g.until {
		g.flushChunk(at, emit)
	}
	g.closeUntil(g.n*features.Hop, at, emit)
	if g.n%ChunkFrames == 0 {
		emit(Event{At: at, Until: g.n * features.Hop})
	}
}

// Flush ends the stream. An open utterance ends at its given end, or at the end of the
// stream where that comes first.
func (g *Given) Flush(at int64, emit func(Event)) {
	g.flushChunk(at, emit)
	for ; g.closed < len(g.byEnd); g.closed++ {
		u := g.byEnd[g.closed]
		if u.Start >= at {
			continue // one that ends later may have begun
		}
		u.End = min(u.End, at)
		emit(Event{Utterance: u, At: at, Until: at, Closed: true, Rest: g.rest[g.closed], Pause: true})
	}
}

// Skip tells that n frames are missing before the next Push. Of the points of the grid on
// the way only the last one has an event.
func (g *Given) Skip(n, at int64, emit func(Event)) {
	g.flushChunk(at, emit)
	g.n += n
	g.closeUntil(g.n*features.Hop, at, emit)
	if grid := g.n - g.n%ChunkFrames; grid > g.n-n {
		emit(Event{At: at, Until: grid * features.Hop})
	}
}

func (g *Given) flushChunk(at int64, emit func(Event)) {
	if g.pending.empty() {
		return
	}
	ev := Event{At: at, Until: g.n * features.Hop, FrameStart: (g.n - g.pending.frames()) * features.Hop}
	g.pending.into(&ev)
	ev.Crowd = g.crowded((ev.FrameStart + g.n*features.Hop) / 2)
	emit(ev)
	g.pending.clear()
}

func (g *Given) closeUntil(pos, at int64, emit func(Event)) {
	for ; g.closed < len(g.byEnd) && g.byEnd[g.closed].End <= pos; g.closed++ {
		emit(Event{Utterance: g.byEnd[g.closed], At: at, Until: pos, Closed: true, Rest: g.rest[g.closed], Pause: true})
	}
}

// crowds returns where two or more of utts are, which are ordered by start.
func crowds(utts []Utterance) []Utterance {
	var out []Utterance
	until := int64(math.MinInt64) // the latest end so far
	for _, u := range utts {
		if from, to := u.Start, min(u.End, until); from < to {
			if n := len(out); n > 0 && from <= out[n-1].End {
				out[n-1].End = max(out[n-1].End, to)
			} else {
				out = append(out, Utterance{Start: from, End: to})
			}
		}
		until = max(until, u.End)
	}
	return out
}

// crowded says whether two or more utterances are at a position.
func (g *Given) crowded(pos int64) bool {
	i := sort.Search(len(g.crowds), func(i int) bool { return g.crowds[i].End > pos })
	return i < len(g.crowds) && g.crowds[i].Start <= pos
}
