package mix

import "github.com/seed-7adb9000/diarizer/internal/state"

// AppendBinary appends the state of m to b. With it, another Mixer of as many channels at the same rate
// continues the mix. It never fails.
func (m *Mixer) AppendBinary(b []byte) ([]byte, error) { return state.Append(b, m.fields()...), nil }

// UnmarshalBinary gives m the state of a Mixer of as many channels at the same rate, as written by
// AppendBinary.
func (m *Mixer) UnmarshalBinary(b []byte) error { return state.Restore(b, m.fields()...) }

func (m *Mixer) fields() []any {
	if m.weights == nil {
		return nil // the mean depends on nothing
	}
	all := []any{
		&m.at, m.energy, m.before, m.cross, m.weights, m.goal, m.step, &m.plain, &m.hops, &m.news,
		m.phases.cross, &m.phases.hops, &m.noises.since,
	}
	for c := range m.channels {
		all = append(all, &m.flipped[c], &m.left[c], &m.phases.opposite[c], &m.noises.over[c])
		all = append(all, m.noises.recent[c].fields()...)
	}
	return all
}

func (r *recent) fields() []any {
	return []any{r.power[:], &r.n, &r.next, &r.quiet, &r.loud, &r.louder, &r.steady, &r.live}
}
