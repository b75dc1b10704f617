package segnet

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/internal/state"
)

// AppendBinary appends the state of the stream to b: with it, another one of the same
// network, path and Config goes on to the same frames. It never fails.
func (s *Stream) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, s.fields()...), nil }

// UnmarshalBinary gives s, which is new, the state of another stream of the same
// Config, as AppendBinary wrote it. After an error, which matches [state.ErrState], s is
// at its start.
func (s *Stream) UnmarshalBinary(b []byte) error {
	err := state.Restore(b, s.fields()...)
	if err == nil && (len(s.samples) >= s.need(s.cfg.Hop) || len(s.features) >= (s.cfg.Hop+s.cfg.Ahead)*narrow || len(s.features)%narrow != 0) {
		err = fmt.Errorf("%w: %d samples and %d features wait, more than this configuration lets", state.ErrState, len(s.samples), len(s.features))
	}
	if err != nil {
		s.Reset()
	}
	return err
}

// fields leave out what is computed for each hop.
func (s *Stream) fields() []any {
	list := []any{&s.started, &s.samples, &s.features, &s.replaced, state.Struct(&s.sound, (*running).fields)}
	for i := range s.rows {
		list = append(list, s.rows[i][:overlap*s.net.stages[i].channels])
	}
	for i := range s.stages {
		list = append(list, state.Struct(&s.stages[i], (*running).fields))
	}
	for i := range s.forward {
		list = append(list, state.Struct(&s.forward[i], (*memory).fields))
	}
	return list
}

func (r *running) fields() []any { return []any{r.mean, r.variance, &r.seen} }

func (m *memory) fields() []any { return []any{m.h[:], m.c[:]} }
