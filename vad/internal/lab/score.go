package lab

import "fmt"

// Errors counts frames of 10 ms.
type Errors struct {
	Frames, Speech    int // in the reference
	Miss, FalseAlarms int
}

// Compare counts the errors of hyp against ref. Frames beyond the end of either
// are not speech there.
func Compare(ref, hyp []bool) Errors {
	var e Errors
	e.Frames = max(len(ref), len(hyp))
	for i := range e.Frames {
		r, h := i < len(ref) && ref[i], i < len(hyp) && hyp[i]
		switch {
		case r && h:
			e.Speech++
		case r:
			e.Speech++
			e.Miss++
		case h:
			e.FalseAlarms++
		}
	}
	return e
}

// Add adds o to e.
func (e *Errors) Add(o Errors) {
	e.Frames += o.Frames
	e.Speech += o.Speech
	e.Miss += o.Miss
	e.FalseAlarms += o.FalseAlarms
}

// Rate returns misses plus false alarms in percent of the reference speech.
func (e Errors) Rate() float64 { return e.percent(e.Miss + e.FalseAlarms) }

func (e Errors) percent(n int) float64 { return 100 * float64(n) / float64(max(1, e.Speech)) }

// String is one cell group of a table: both errors and their sum.
func (e Errors) String() string {
	return fmt.Sprintf("miss %5.1f  fa %5.1f  sum %5.1f  (%.1f s of speech)",
		e.percent(e.Miss), e.percent(e.FalseAlarms), e.Rate(), float64(e.Speech)/100)
}
