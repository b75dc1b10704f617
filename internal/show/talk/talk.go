// Package talk computes the figures of a conversation from its turns: shares of the talk
// time, numbers of turns, interruptions.
package talk

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// Turn is a stretch of speech by one speaker, in seconds.
type Turn struct {
	Speaker    string
	Start, End float64
}

// Length is the turn's length in seconds.
func (t Turn) Length() float64 { return t.End - t.Start }

// Speaker is the figures of one speaker.
type Speaker struct {
	Name string
	// Talk is the time spoken, in seconds. Share is the speaker's share of all speakers'
	// Talk, from 0 to 1. When two people speak at once, the time counts for both.
	Talk, Share float64
	// Turns is the number of segments, and Longest the longest stretch.
	Turns   int
	Longest Turn
	// Interrupts counts how often this speaker interrupts, Interrupted how often others
	// interrupt this speaker, and Interjects this speaker's stretches inside another's.
	Interrupts, Interrupted, Interjects int
}

// MinOverlap is the shortest overlap, in seconds, that counts as an interruption or
// interjection. A shorter overlap is within the accuracy of turn boundaries.
const MinOverlap = 0.2

// Interruption is a stretch that begins at least [MinOverlap] before the end of another
// speaker's stretch and goes on after it.
type Interruption struct {
	By, Of string
	// At is when By began, and Overlap how long both spoke, in seconds.
	At, Overlap float64
}

// Summary is the figures of a whole conversation. Times are in seconds.
type Summary struct {
	// End is the end of the last turn.
	End float64
	// Speech is how long anybody speaks, and Overlap how long more than one person speaks.
	Speech, Overlap float64
	// Speakers are in order of appearance.
	Speakers []Speaker
	// Turns are the segments, by start. There are as many as lines in an RTTM file and as
	// turns in the events.
	Turns []Turn
	// Stretches are the turns as a listener hears them, by start: turns of one speaker that
	// touch or overlap are one stretch.
	Stretches     []Turn
	Interruptions []Interruption
}

// Summarise computes the figures of one recording. The segments may come in any order.
// Segments without length are left out.
func Summarise(segments []rttm.Segment) Summary {
	var s Summary
	s.Turns = turns(segments)
	s.Stretches = join(s.Turns)
	index := make(map[string]int)
	var talk float64
	for _, t := range s.Stretches {
		i, known := index[t.Speaker]
		if !known {
			i = len(s.Speakers)
			index[t.Speaker] = i
			s.Speakers = append(s.Speakers, Speaker{Name: t.Speaker})
		}
		sp := &s.Speakers[i]
		sp.Talk += t.Length()
		talk += t.Length()
		if t.Length() > sp.Longest.Length() {
			sp.Longest = t
		}
		s.End = max(s.End, t.End)
	}
	for _, t := range s.Turns {
		s.Speakers[index[t.Speaker]].Turns++
	}
	for i := range s.Speakers {
		s.Speakers[i].Share = s.Speakers[i].Talk / talk
	}
	s.sweep()
	s.interruptions(index)
	return s
}

// turns returns the segments with a length, ordered by start, end and speaker.
func turns(segments []rttm.Segment) []Turn {
	var turns []Turn
	for _, seg := range segments {
		if seg.End > seg.Start {
			turns = append(turns, Turn{seg.Speaker, seg.Start, seg.End})
		}
	}
	slices.SortFunc(turns, func(a, b Turn) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Speaker, b.Speaker))
	})
	return turns
}

// join makes stretches of turns.
func join(turns []Turn) []Turn {
	var stretches []Turn
	last := make(map[string]int) // by speaker
	for _, t := range turns {
		if i, ok := last[t.Speaker]; ok && t.Start <= stretches[i].End {
			stretches[i].End = max(stretches[i].End, t.End)
			continue
		}
		last[t.Speaker] = len(stretches)
		stretches = append(stretches, t)
	}
	return stretches
}

// sweep measures Speech and Overlap.
func (s *Summary) sweep() {
	type edge struct {
		at   float64
		step int
	}
	edges := make([]edge, 0, 2*len(s.Stretches))
	for _, t := range s.Stretches {
		edges = append(edges, edge{t.Start, 1}, edge{t.End, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	speaking, since := 0, 0.0
	for _, e := range edges {
		if speaking > 0 {
			s.Speech += e.at - since
		}
		if speaking > 1 {
			s.Overlap += e.at - since
		}
		speaking, since = speaking+e.step, e.at
	}
}

// interruptions compares every pair of overlapping stretches of two speakers.
func (s *Summary) interruptions(index map[string]int) {
	var open []Turn
	for _, b := range s.Stretches {
		open = slices.DeleteFunc(open, func(a Turn) bool { return a.End <= b.Start })
		interjected := false
		for _, a := range open {
			overlap := min(a.End, b.End) - b.Start
			if a.Speaker == b.Speaker || a.Start == b.Start || overlap < MinOverlap {
				continue
			}
			if b.End <= a.End {
				interjected = true
				continue
			}
			s.Interruptions = append(s.Interruptions, Interruption{By: b.Speaker, Of: a.Speaker, At: b.Start, Overlap: overlap})
			s.Speakers[index[b.Speaker]].Interrupts++
			s.Speakers[index[a.Speaker]].Interrupted++
		}
		if interjected {
			s.Speakers[index[b.Speaker]].Interjects++
		}
		open = append(open, b)
	}
}

// Unknown is the name of an unknown speaker.
const Unknown = "unknown"

// People is the number of speakers without [Unknown].
func (s Summary) People() int {
	n := len(s.Speakers)
	for _, p := range s.Speakers {
		if p.Name == Unknown {
			n--
		}
	}
	return n
}

// Longest returns the n longest stretches, the longest first.
func (s Summary) Longest(n int) []Turn {
	all := slices.SortedStableFunc(slices.Values(s.Stretches), func(a, b Turn) int {
		return cmp.Compare(b.Length(), a.Length())
	})
	return all[:min(n, len(all))]
}

// Count writes a number of things, such as "1 speaker" or "2 speakers".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
