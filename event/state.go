package event

import "fmt"

// EncoderState is where the numbering of a run stands. It is saved with the rest of a
// stream's state, so that another process can go on with the run. What that process
// decides again gets the same numbers, and so the same ids, as before.
type EncoderState struct {
	// Stream and Run go into every event.
	Stream string `json:"stream"`
	Run    string `json:"run"`
	// Seq and Revision are those of the last event; 0 before the first.
	Seq      uint64 `json:"seq"`
	Revision uint64 `json:"revision"`
}

// Check reports the first part of the state that is not possible.
func (s EncoderState) Check() error {
	switch {
	case !ValidToken(s.Stream):
		return CheckStream(s.Stream)
	case !ValidToken(s.Run):
		return fmt.Errorf("run %q: expected 1 to %d of A-Z a-z 0-9 _ -", s.Run, maxToken)
	case s.Revision > s.Seq:
		return fmt.Errorf("run %s: revision %d of %d events: expected at most one an event", s.Run, s.Revision, s.Seq)
	}
	return nil
}

// State returns where the numbering stands.
func (e *Encoder) State() EncoderState {
	return EncoderState{Stream: e.Stream, Run: e.Run, Seq: e.Seq, Revision: e.Revision}
}

// Resume makes the event after those of s the next. Now stays as it is.
func (e *Encoder) Resume(s EncoderState) error {
	if err := s.Check(); err != nil {
		return err
	}
	e.Stream, e.Run, e.Seq, e.Revision = s.Stream, s.Run, s.Seq, s.Revision
	return nil
}
