package segment

import "github.com/seed-7adb9000/diarizer/internal/state"

// AppendBinary appends the state of the segmenter to b: with it, another one of
// the same settings goes on to the same events. It never fails.
func (s *Segmenter) AppendBinary(b []byte) ([]byte, error) {
	return state.Append(b, s.fields()...), nil
}

// UnmarshalBinary gives s the state of a segmenter of the same settings, as
// AppendBinary wrote it.
func (s *Segmenter) UnmarshalBinary(b []byte) error { return state.Restore(b, s.fields()...) }

func (s *Segmenter) fields() []any {
	return []any{
		&s.n, &s.id, &s.open, &s.start, &s.region,
		state.Struct(&s.pending, (*chunk).fields), state.Struct(&s.passes, (*handover).fields),
		state.Then(&s.chg, func() []any {
			if !s.open {
				return nil // begin will start them again
			}
			return s.chg.fields()
		}),
	}
}

func (c *changes) fields() []any {
	return []any{&c.first, &c.n, c.last, c.scores, state.Then(&c.sums, c.rows)}
}

// rows lists the rows of the ring that belong to the region. The others are
// written before they are read again.
func (c *changes) rows() []any {
	var list []any
	if c.first < 0 || c.n < 0 || c.end() < 0 { // not what fields wrote
		return nil
	}
	for f := c.end() / ChunkFrames * ChunkFrames; f > max(c.first, c.end()-int64(c.keep)*ChunkFrames); f -= ChunkFrames {
		list = append(list, c.kept(f))
	}
	return list
}

// AppendBinary appends the state of g to b. It never fails.
func (g *Given) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, g.fields()...), nil }

// UnmarshalBinary gives g the state of another one of the same utterances.
func (g *Given) UnmarshalBinary(b []byte) error { return state.Restore(b, g.fields()...) }

func (g *Given) fields() []any {
	return []any{&g.n, &g.next, &g.closed, &g.until, state.Struct(&g.pending, (*chunk).fields)}
}
