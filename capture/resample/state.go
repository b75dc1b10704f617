package resample

import "github.com/seed-7adb9000/diarizer/internal/state"

// AppendBinary appends the state of r to b. With it, another Resampler between the same rates goes on to the same samples.
// It never fails.
func (r *Resampler) AppendBinary(b []byte) ([]byte, error) {
	return state.Append(b, r.fields()...), nil
}

// UnmarshalBinary gives r the state of a Resampler between the same rates, as written by AppendBinary.
func (r *Resampler) UnmarshalBinary(b []byte) error { return state.Restore(b, r.fields()...) }

func (r *Resampler) fields() []any { return []any{&r.buf, &r.start, &r.phase, &r.in, &r.out} }
