package heard

import (
	"time"

	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/words"
)

// AppendBinary appends what r knows to b: with it, another Room goes on to the same
// answers. It never fails.
func (r *Room) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, r.fields()...), nil }

// UnmarshalBinary gives r, which is new, what another Room knew, as AppendBinary
// wrote it.
func (r *Room) UnmarshalBinary(b []byte) error { return state.Restore(b, r.fields()...) }

func (r *Room) fields() []any {
	return []any{
		&r.run, state.Value(&r.origin),
		state.Map(&r.turns, func(id *int, t *words.Turn) []any {
			return []any{id, nanos(&t.Start), nanos(&t.End), &t.Speaker, &t.Confidence}
		}),
		state.Map(&r.all, func(name *string, l **listener) []any {
			if *l == nil {
				*l = &listener{}
			}
			return []any{name, &(*l).seq, &(*l).ended, state.Value(&(*l).live)}
		}),
	}
}

// nanos stands for a duration, in nanoseconds.
func nanos(d *time.Duration) *int64 { return (*int64)(d) }
