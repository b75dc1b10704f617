package vad

import (
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/vad/internal/front"
)

// AppendBinary appends the state of the detector to b: with it, another one of
// the same Config goes on to the same decisions. It never fails.
func (d *Detector) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, d.fields()...), nil }

// UnmarshalBinary gives d, which is New, the state of another detector of the
// same Config, as AppendBinary wrote it.
func (d *Detector) UnmarshalBinary(b []byte) error { return state.Restore(b, d.fields()...) }

func (d *Detector) fields() []any {
	return []any{
		state.Struct(d.front, (*front.Front).StateFields),
		state.Struct(d.score, (*scorer).fields),
		state.Struct(&d.rule, (*rule).fields),
		d.part[:], &d.have, &d.quiet, &d.replaced,
	}
}

func (s *scorer) fields() []any {
	return []any{s.cell.State, s.vector[:], &s.lag, s.input[:], s.level, s.odds, &s.pushed, &s.seen, &s.done}
}

func (r *rule) fields() []any {
	list := []any{&r.in, &r.out, &r.run, &r.until}
	for i := range r.pending {
		list = append(list, state.Struct(&r.pending[i], (*Decision).fields))
	}
	return list
}

func (d *Decision) fields() []any { return []any{&d.Speech, &d.Score, &d.Level} }
