package words

import (
	"fmt"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/state"
)

// AppendBinary appends what l knows to b: with it, another Live goes on to the
// same changes. It never fails.
func (l *Live) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, l.fields()...), nil }

// UnmarshalBinary gives l, which is new, what another Live knew, as AppendBinary
// wrote it.
func (l *Live) UnmarshalBinary(b []byte) error {
	if err := state.Restore(b, l.fields()...); err != nil {
		return err
	}
	for _, b := range l.blocks {
		if len(b.words) == 0 || len(b.ids) != len(b.words) || len(b.said) > len(b.words) {
			return fmt.Errorf("%w: a block of %d words with %d ids, %d of them told", state.ErrState, len(b.words), len(b.ids), len(b.said))
		}
		for i := range b.said {
			b.said[i].Word = b.words[i]
		}
	}
	return nil
}

func (l *Live) fields() []any {
	return []any{
		state.Slice(&l.blocks, func(p **liveBlock) []any {
			if *p == nil {
				*p = &liveBlock{}
			}
			return (*p).fields()
		}),
		state.Map(&l.turns, func(id *int, t *Turn) []any {
			return []any{id, nanos(&t.Start), nanos(&t.End), &t.Speaker, &t.Confidence}
		}),
		&l.next, nanos(&l.floor), &l.bound,
	}
}

// fields are a block's. What was told of a word is whom it was given to; the word
// itself is among words.
func (b *liveBlock) fields() []any {
	return []any{
		state.Slice(&b.words, wordFields), state.Slice(&b.ids, func(id *int) []any { return []any{id} }),
		state.Slice(&b.said, func(s *Said) []any { return []any{&s.Speaker, &s.Probability} }),
		nanos(&b.until), &b.dirty,
	}
}

func wordFields(w *Word) []any {
	return []any{&w.Text, nanos(&w.Start), nanos(&w.End), &w.Confidence, &w.Estimated, &w.Break}
}

// nanos stands for a duration, in nanoseconds.
func nanos(d *time.Duration) *int64 { return (*int64)(d) }
