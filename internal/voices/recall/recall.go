// Package recall knows the speakers of one stream by voices that were kept before: it
// weighs who is who every two seconds of the stream, while what was said grows, and
// tells whose name changes. The comparisons are those of package identify.
package recall

import (
	"maps"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/online/model"
)

const (
	// leastFrames is the speech, in frames of 10 ms, from which on a speaker is compared.
	leastFrames = 300
	// growth is the factor by which speech has to grow, or to shrink, to be compared again.
	growth = 1.5
)

// Found is a speaker of the stream who is known by name, or no longer, where Name is
// empty.
type Found struct {
	Speaker    int
	Name       string
	Confidence float64 // the probability that Name is right
}

// Recaller compares the speakers of one stream with people. It is not safe for
// concurrent use.
type Recaller struct {
	comparer *identify.Comparer
	names    []string
	voices   []identify.Known
	speakers map[int]*compared
}

// compared is a speaker of the stream.
type compared struct {
	frames float64   // at the last comparison
	odds   []float64 // of being each of the people
	who    int       // whom they are called after, −1 for nobody
}

// New returns a Recaller of the people, whose voices m made.
func New(m model.Model, people []enroll.Speaker) *Recaller {
	r := &Recaller{comparer: identify.NewComparer(m, identify.RuleOf(m)), speakers: map[int]*compared{}}
	for _, p := range people {
		r.names, r.voices = append(r.names, p.Name), append(r.voices, r.comparer.Know(p.Stats))
	}
	return r
}

// Look weighs again who is who, by what every speaker has said so far, and returns whose
// name changes: names that are taken back first, so that at no moment two have one.
func (r *Recaller) Look(said map[int]model.Stats) (changes []Found) {
	if len(r.names) == 0 || !r.compare(said) {
		return nil
	}
	numbers := slices.Sorted(maps.Keys(r.speakers))
	var odds [][]float64
	var now []int
	for _, n := range numbers {
		// What is compared with is changed by the comparison of all.
		odds, now = append(odds, slices.Clone(r.speakers[n].odds)), append(now, r.speakers[n].who)
	}
	var given []Found
	for i, name := range identify.Names(odds, now) {
		c := r.speakers[numbers[i]]
		if name.Who == c.who {
			continue
		}
		if c.who >= 0 {
			changes = append(changes, Found{Speaker: numbers[i]})
		}
		if c.who = name.Who; c.who >= 0 {
			given = append(given, Found{numbers[i], r.names[c.who], name.Probability})
		}
	}
	return append(changes, given...)
}

// compare brings the odds up to date and reports whether any have changed.
func (r *Recaller) compare(said map[int]model.Stats) (changed bool) {
	for n := range r.speakers {
		if _, ok := said[n]; !ok {
			delete(r.speakers, n)
			changed = true
		}
	}
	for n, stats := range said {
		c := r.speakers[n]
		switch {
		case c == nil && stats.N < leastFrames:
			continue
		case c == nil:
			c = &compared{who: -1}
			r.speakers[n] = c
		case stats.N < growth*c.frames && stats.N > c.frames/growth:
			continue
		}
		c.frames, changed = stats.N, true
		c.odds = r.comparer.LogOdds(c.odds[:0], stats, r.voices)
	}
	return changed
}
