package heard

import (
	"time"

	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/words"
)

// AppendBinary appends the state of r to b. Another Room with that state goes on with the
// same answers. AppendBinary never fails.
func (r *Room) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, r.fields()...), nil }

// UnmarshalBinary gives r, which is new, the state that AppendBinary of another Room wrote.
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

// nanos is a duration as a number of nanoseconds.
func nanos(d *time.Duration) *int64 { return (*int64)(d) }
