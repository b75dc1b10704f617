package online

import (
	"slices"

	"github.com/seed-7adb9000/diarizer/online/model"
)

// absent are the numbers of speakers that are not in the clustering: those who
// have been silent for long, and those who turned out to be somebody else. What is
// kept of them is bounded, however many there are.
type absent struct {
	given     int      // numbers so far
	parked    []parked // in the order in which they were parked
	forgotten int      // how many stand of whom nothing is kept
	merges    []merge  // the latest ones, in their order
}

// parked is a speaker who stands, has been silent for long and is not compared with
// anybody known, but with those who would be new.
type parked struct {
	number int
	anchor model.Kept // of all that they said
	heard  int64      // where the last of it ends, in samples
}

// merge says that a number was another's all along.
type merge struct{ from, into int }

// bounds are how many speakers are kept in which way. They are constant.
type bounds struct {
	present int // in the clustering, unless more are heard in its window
	parked  int
	merges  int // the latest ones
}

// defaultBounds keep the work of a review flat where many speak, and the state of
// the largest pairs, of 8.6 kB, below 6 MB.
func defaultBounds() bounds { return bounds{present: 64, parked: 500, merges: 1000} }

// standing is the number of speakers who stand outside the clustering.
func (a *absent) standing() int { return len(a.parked) + a.forgotten }

// find returns the place of speaker n among those who are parked, −1 where they
// are not.
func (a *absent) find(n int) int {
	return slices.IndexFunc(a.parked, func(p parked) bool { return p.number == n })
}

// park takes in a speaker, and forgets the one who has been silent for longest
// where they are more than most.
func (a *absent) park(p parked, most int) {
	if p.anchor.N <= 0 {
		a.forgotten++ // nobody's voice
		return
	}
	a.parked = append(a.parked, p)
	if len(a.parked) <= most {
		return
	}
	oldest := 0
	for i := range a.parked {
		if a.parked[i].heard < a.parked[oldest].heard {
			oldest = i
		}
	}
	a.take(oldest)
	a.forgotten++
}

// take takes the i-th of those who are parked out again.
func (a *absent) take(i int) parked {
	p := a.parked[i]
	a.parked = slices.Delete(a.parked, i, i+1)
	return p
}

// merge remembers that a number became another's, as one of the most last merges.
func (a *absent) merge(from, into, most int) {
	for i := range a.merges {
		if a.merges[i].into == from {
			a.merges[i].into = into
		}
	}
	a.merges = append(a.merges, merge{from, into})
	if len(a.merges) > most {
		a.merges = slices.Delete(a.merges, 0, 1)
	}
}

// follow returns the number that n became by merges: n itself where there is none,
// or none any more.
func (a *absent) follow(n int) int {
	for _, m := range a.merges {
		if m.from == n {
			return m.into
		}
	}
	return n
}
