package features

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/internal/state"
)

// AppendBinary appends the state of the extractor to b: with it, another one of
// the same settings goes on to the same frames. It never fails.
func (e *Extractor) AppendBinary(b []byte) ([]byte, error) {
	e.drop()
	return state.Append(b, e.fields()...), nil
}

// UnmarshalBinary gives e the state of an extractor of the same settings, as
// AppendBinary wrote it. It computes again what depends on the samples.
func (e *Extractor) UnmarshalBinary(b []byte) error {
	e.statics.reset()
	if err := state.Restore(b, e.fields()...); err != nil {
		return err
	}
	if e.first < 0 || e.next < e.first || e.samples < 0 || e.samples-e.first*Hop > int64(len(e.buf)) {
		return fmt.Errorf("state of an extractor: %d samples from frame %d on, with %d in all and frame %d to come", len(e.buf), e.first, e.samples, e.next)
	}
	return nil
}

func (e *Extractor) fields() []any {
	return []any{&e.buf, &e.first, &e.samples, &e.next, &e.ended}
}

// AppendBinary appends the state of the normalizer to b: with it, another one of
// the same model goes on with the same means. It never fails.
func (n *Normalizer) AppendBinary(b []byte) ([]byte, error) {
	return state.Append(b, n.fields()...), nil
}

// UnmarshalBinary gives n the state of a normalizer of the same model, as
// AppendBinary wrote it.
func (n *Normalizer) UnmarshalBinary(b []byte) error { return state.Restore(b, n.fields()...) }

func (n *Normalizer) fields() []any { return []any{n.sum, n.mean, &n.n} }
