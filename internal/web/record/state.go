package record

import (
	"errors"
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/internal/session/table"
)

// State is the part of a stream's recordings that has to be kept, so that the recorders can go on
// with another process. The recorders need not send the sound again that the state covers.
type State struct {
	Table table.State `json:"table"`
	// Begin is the position at which the sound of the first recording began, in samples.
	Begin int64 `json:"begin,omitempty"`
	// Recorders belong to the devices of the table, in the same order.
	Recorders []Recorder `json:"recorders"`
}

// Recorder is the state of one recording in a [State].
type Recorder struct {
	ID        string `json:"id"`
	Format    Format `json:"format"`
	Seq       uint64 `json:"seq"`
	Lost      uint64 `json:"lost"`
	Numbers   uint64 `json:"numbers"`
	Position  int64  `json:"position"`
	Assembler []byte `json:"assembler,omitempty"`
}

// apart is the largest change of the delay between two devices while a state is taken, in samples.
// The recorders send that much sound again.
const apart = capture.Rate

// recorder returns the state of a recording at a mark.
func (s *Session) recorder(m mark) Recorder {
	return Recorder{ID: s.id, Format: s.format, Seq: m.seq, Lost: m.lost, Numbers: m.numbers, Position: m.position, Assembler: m.asm}
}

// Past returns the state of all recordings at the end of a stream whose sound was heard up to at,
// in samples. With [State.Only], a recorder can come back to its own recording. Then it sends the
// sound again that was taken and not heard.
func (s *Session) Past(at int64) State {
	r := s.room
	state := State{Table: table.State{At: at}, Begin: r.begin}
	for _, o := range r.all() {
		r.mu.Lock()
		place := r.table.Place(o.device)
		r.mu.Unlock()
		o.mu.Lock()
		m := o.last
		o.mu.Unlock()
		if m.asm == nil || !place.Began {
			continue
		}
		if m.end+place.Shift > at {
			m = o.before(at - place.Shift)
		}
		place.End, place.Found, place.Gain = m.end, true, 0
		state.Table.Devices = append(state.Table.Devices, place)
		state.Recorders = append(state.Recorders, o.recorder(m))
	}
	return state
}

// Only returns the state with one of its recorders, and whether there is such a recorder.
func (s State) Only(id string) (State, bool) {
	for i, r := range s.Recorders {
		if r.ID == id && i < len(s.Table.Devices) {
			s.Recorders, s.Table.Devices, s.Table.Several = []Recorder{r}, []table.Place{s.Table.Devices[i]}, false
			return s, true
		}
	}
	return State{}, false
}

// State returns the state of all recordings of a stream whose sound was heard up to at, in samples.
// Call covered when the state is kept: it acknowledges the packets that the state covers.
func (s *Session) State(at int64) (state State, covered func()) {
	r := s.room
	r.mu.Lock()
	state.Table, state.Begin = table.State{At: at, Several: r.table.Several()}, r.begin
	var sessions []*Session
	for _, o := range r.sessions {
		if !o.device.Ended() {
			sessions = append(sessions, o)
			state.Table.Devices = append(state.Table.Devices, r.table.Place(o.device))
		}
	}
	r.mu.Unlock()
	marks := make([]mark, len(sessions))
	for i, o := range sessions {
		p := &state.Table.Devices[i]
		heard := at - p.Shift
		if state.Table.Several {
			heard -= apart
		}
		m := o.before(heard)
		p.End, marks[i] = m.end, m
		state.Recorders = append(state.Recorders, o.recorder(m))
	}
	return state, func() {
		for i, o := range sessions {
			o.cover(marks[i])
		}
	}
}

// Lapse tells all recorders of the stream why the stream cannot be kept for now.
func (s *Session) Lapse(why string) {
	for _, o := range s.room.all() {
		o.lapse(why)
	}
}

// Restore resumes the recordings of a stream, and returns the first of them. Their recorders find
// the recordings by their ids. They may come back within a time; 0 means that they are there
// already. The errors wrap ErrFull, ErrTaken or ErrClosing, or ErrState as those of CheckState.
func (r *Registry) Restore(stream string, state State, within time.Duration) (*Session, error) {
	sessions, err := r.sessionsOf(stream, state)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	in, err := r.check(stream, false)
	if err != nil {
		return nil, err
	}
	if len(r.sessions)+len(state.Recorders) > r.most {
		return nil, fmt.Errorf("%w: %d", ErrFull, r.most)
	}
	in.restored, in.begin = true, state.Begin
	var devices []*table.Device
	in.table, devices = table.Restore(in.say, state.Table)
	in.sessions = sessions
	for i, s := range sessions {
		s.room, s.device = in, devices[i]
	}
	for _, s := range sessions {
		r.sessions[s.id] = s
		if within > 0 {
			s.Detach(0, within)
		}
	}
	return sessions[0], nil
}

// CheckState explains why Restore can never restore a state, or returns nil. The state may be of
// another version of the program. The error wraps ErrState.
func (r *Registry) CheckState(stream string, state State) error {
	_, err := r.sessionsOf(stream, state)
	return err
}

// sessionsOf returns the recordings of a state. They are in no room yet.
func (r *Registry) sessionsOf(stream string, state State) ([]*Session, error) {
	if n := len(state.Recorders); n == 0 || n > table.Most || n != len(state.Table.Devices) {
		return nil, fmt.Errorf("%w: %d recorders of %d devices, expected 1 to %d and as many", ErrState, n, len(state.Table.Devices), table.Most)
	}
	var sessions []*Session
	for i, k := range state.Recorders {
		s, err := r.restore(stream, k, state.Table.Devices[i].End)
		if err != nil {
			return nil, fmt.Errorf("%w: recorder %d: %w", ErrState, i+1, err)
		}
		sessions = append(sessions, s)
	}
	return sessions, nil
}

// restore makes a recording from its state.
func (r *Registry) restore(stream string, k Recorder, end int64) (*Session, error) {
	if err := k.Format.Check(); err != nil {
		return nil, err
	}
	if k.ID == "" || k.Seq > maxSeq || k.Position < 0 || end < 0 {
		return nil, errors.New("its place is none")
	}
	s, err := r.newSession(k.ID, stream, k.Format)
	if err != nil {
		return nil, err
	}
	if len(k.Assembler) > 0 {
		if err := s.asm.UnmarshalBinary(k.Assembler); err != nil {
			return nil, err
		}
	}
	s.next, s.lost, s.numbers, s.plain, s.end = k.Seq+1, k.Lost, k.Numbers, k.Position, end
	s.acked = s.taken()
	s.marks[0] = mark{seq: k.Seq, lost: k.Lost, numbers: k.Numbers, position: k.Position, end: end, asm: k.Assembler}
	return s, nil
}

// Resume begins a recording of a stream that was heard before and that nobody records now. The
// sound goes on at a position of the stream, in samples. The errors are those of Begin.
func (r *Registry) Resume(stream string, format Format, at int64) (*Session, error) {
	return r.begin(stream, format, false, at)
}
