package publish

import (
	"bytes"
	"maps"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
)

// parcel is an event that is being sent.
type parcel struct {
	event event.Event
	data  []byte // its JSON
	// unsure says that the event may have been sent before.
	unsure bool
	// journaled says that the event is in the journal. filler says that it stands for an
	// event that the journal has lost.
	journaled, filler bool
}

// pop returns the next event. With none, the parcel is nil and, once the spool is
// closed, done is true.
func (s *spool) pop() (p *parcel, done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.front == nil {
			if s.front, err = s.take(); err != nil {
				return nil, false, err
			}
		}
		p := s.front
		if p == nil {
			return nil, s.closed, nil
		}
		seq := p.event.Seq
		if seq <= s.popped { // the server has it, although the cursor did not say so
			s.front = nil
			s.forget(p)
			if p.journaled {
				s.stuck = s.store.Done(maps.Clone(s.state))
			}
			continue
		}
		if s.unknown { // perhaps there were events before it
			s.acked += min(seq-1, s.inherited) - min(s.popped, s.inherited)
			s.popped, s.unknown = seq-1, false
		}
		if s.popped++; seq > s.popped && s.popped <= s.inherited {
			return s.filler(p.event), false, nil
		}
		s.popped, s.front = seq, nil
		p.unsure = seq <= s.inherited
		return p, false, nil
	}
}

// cursorError returns the error of the cursor that pop has met since the last call. The events do not wait
// for the cursor. It moves behind all of them as soon as it can be written again.
func (s *spool) cursorError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.stuck
	s.stuck = nil
	return err
}

// take returns the next event, those of the journal before those of the memory. An event stays in memory
// until the server has it. If it goes to the journal meanwhile, it keeps its place before later events.
func (s *spool) take() (*parcel, error) {
	p := &parcel{}
	if s.store != nil {
		var err error
		if p.data, err = s.store.Next(); err != nil {
			return nil, err
		}
		p.journaled = p.data != nil
	}
	if p.data == nil && len(s.memory) > 0 {
		p.data = s.memory[0]
	}
	if p.data == nil {
		return nil, nil
	}
	var err error
	p.event, err = event.Decode(p.data)
	return p, err
}

// forget removes an event that the server has from the memory.
func (s *spool) forget(p *parcel) {
	if len(s.memory) > 0 && bytes.Equal(s.memory[0], p.data) {
		s.memory[0] = nil
		s.memory = s.memory[1:]
	}
}

// filler is an event in place of one that the journal has lost, before the next one that it has. It
// keeps the numbers without holes.
func (s *spool) filler(next event.Event) *parcel {
	s.lost++
	e := event.Event{Stream: next.Stream, Run: next.Run, Seq: s.popped, Kind: event.StatusReported, At: next.At,
		Wall: time.Now().UTC().Round(0), Revision: next.Revision,
		Status: &event.Status{Queued: int(s.taken - s.acked), Lost: s.lost}}
	return &parcel{event: e, unsure: true, filler: true}
}
