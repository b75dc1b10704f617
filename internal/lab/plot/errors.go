package plot

import (
	"cmp"
	"slices"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/metrics"
)

// Span is a stretch of time in seconds.
type Span struct{ Start, End float64 }

// Errors says where a diarization differs from its reference, in the terms of
// package metrics: the integrals of the three kinds over time are its Miss,
// FalseAlarm and Confusion.
type Errors struct {
	// Score is the comparison in figures.
	Score metrics.Score
	// Speakers gives the reference speaker that a speaker was paired with.
	Speakers map[string]string
	// Miss has fewer speakers than the reference, FalseAlarm more, and in
	// Confusion somebody speaks who is not the one. Where errors of one kind
	// follow each other, they are one span.
	Miss, FalseAlarm, Confusion []Span
}

// FindErrors compares the turns of one recording with its reference.
func FindErrors(ref, hyp []rttm.Segment) (Errors, error) {
	score, speakers, err := metrics.Compare(ref, hyp, metrics.Options{})
	if err != nil {
		return Errors{}, err
	}
	e := Errors{Score: score, Speakers: speakers}
	var edges []edge
	for _, s := range ref {
		edges = append(edges, edge{s.Start, true, s.Speaker, 1}, edge{s.End, true, s.Speaker, -1})
	}
	for _, s := range hyp {
		edges = append(edges, edge{s.Start, false, s.Speaker, 1}, edge{s.End, false, s.Speaker, -1})
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	refs, hyps := map[string]int{}, map[string]int{} // turns open now
	for i, ed := range edges {
		if i > 0 && ed.at > edges[i-1].at {
			e.add(Span{edges[i-1].at, ed.at}, refs, hyps)
		}
		open := hyps
		if ed.ref {
			open = refs
		}
		if open[ed.who] += ed.step; open[ed.who] == 0 {
			delete(open, ed.who)
		}
	}
	return e, nil
}

// edge is the start or the end of a turn.
type edge struct {
	at   float64
	ref  bool
	who  string
	step int
}

// add counts a span in which the speakers of refs and hyps speak.
func (e *Errors) add(s Span, refs, hyps map[string]int) {
	right := 0
	for h := range hyps {
		if r, ok := e.Speakers[h]; ok && refs[r] > 0 {
			right++
		}
	}
	if len(refs) > len(hyps) {
		e.Miss = extend(e.Miss, s)
	}
	if len(hyps) > len(refs) {
		e.FalseAlarm = extend(e.FalseAlarm, s)
	}
	if min(len(refs), len(hyps)) > right {
		e.Confusion = extend(e.Confusion, s)
	}
}

func extend(spans []Span, s Span) []Span {
	if n := len(spans); n > 0 && spans[n-1].End == s.Start {
		spans[n-1].End = s.End
		return spans
	}
	return append(spans, s)
}
