package online

import "github.com/seed-7adb9000/diarizer/online/model"

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

const (
	// present is how many speakers are in the clustering at most, unless more are
	// heard in its window.
	present = 64
	// parkedMost is how many are parked at most: a pair of 64 eigenvoices is 8.6 kB,
	// all of them 4.3 MB.
	parkedMost = 500
	// mergesMost is how many merges are remembered.
	mergesMost = 1000
)

// standing is the number of speakers who stand outside the clustering.
func (a *absent) standing() int { return len(a.parked) + a.forgotten }

// find returns the place of speaker n among those who are parked, −1 where they
// are not.
func (a *absent) find(n int) int {
	for i := range a.parked {
		if a.parked[i].number == n {
			return i
		}
	}
	return -1
}

// park takes in a speaker, and forgets whoever of all has been silent for longest
// where they are too many.
func (a *absent) park(p parked) {
	if p.anchor.N <= 0 {
		a.forgotten++ // nobody's voice
		return
	}
	a.parked = append(a.parked, p)
	if len(a.parked) <= parkedMost {
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
	copy(a.parked[i:], a.parked[i+1:])
	a.parked[len(a.parked)-1] = parked{}
	a.parked = a.parked[:len(a.parked)-1]
	return p
}

// merge remembers that a number became another's.
func (a *absent) merge(from, into int) {
	for i := range a.merges {
		if a.merges[i].into == from {
			a.merges[i].into = into
		}
	}
	if len(a.merges) == mergesMost {
		copy(a.merges, a.merges[1:])
		a.merges = a.merges[:len(a.merges)-1]
	}
	a.merges = append(a.merges, merge{from, into})
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
