package segnet

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/internal/state"
)

// AppendBinary appends the state of the stream to b, 0.1 to 0.3 MB: with it, another one of the
// same network and path goes on to the same frames. It never fails.
func (s *Stream) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, s.fields()...), nil }

// UnmarshalBinary gives s the state of another stream, as AppendBinary wrote it. After an
// error, which matches [state.ErrState], s is at its start.
func (s *Stream) UnmarshalBinary(b []byte) error {
	err := state.Restore(b, s.fields()...)
	if err == nil {
		err = s.plausible()
	}
	if err != nil {
		s.Reset()
	}
	return err
}

func (s *Stream) fields() []any {
	return []any{
		&s.position, &s.replaced, &s.ended, &s.start, &s.drop, &s.windows, state.Struct(&s.kept, (*kept).fields),
		state.Slice(&s.before, func(f *Frame) []any { return []any{f[:]} }),
	}
}

func (k *kept) fields() []any { return []any{&k.first, state.Halves(&k.samples)} }

// plausible returns an error where what was restored cannot be the state of a stream.
func (s *Stream) plausible() error {
	least, before := 0, 0
	if s.windows > 0 {
		least, before = s.window-s.hop*Step, s.useful()-s.hop
	}
	switch {
	case s.windows < 0 || s.drop < 0 || s.drop >= Step:
		return fmt.Errorf("%w: %d windows, %d samples to drop", state.ErrState, s.windows, s.drop)
	case s.origin() != s.windows*s.hop && s.origin() != max(0, s.windows-1)*s.hop:
		return fmt.Errorf("%w: samples are kept from frame %d on after %d windows of %d", state.ErrState, s.origin(), s.windows, s.hop)
	case len(s.kept.samples) < least || len(s.kept.samples) >= s.due() || len(s.kept.samples) > s.window+s.spare:
		return fmt.Errorf("%w: %d samples after %d windows, expected %d to %d", state.ErrState, len(s.kept.samples), s.windows, least, min(s.due()-1, s.window+s.spare))
	case len(s.before) != before:
		return fmt.Errorf("%w: %d frames after %d windows, expected %d", state.ErrState, len(s.before), s.windows, before)
	}
	return nil
}
