package correct

import (
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/state"
)

// AppendBinary appends the state of the desk to b. A desk with that state and the state of
// the encoder goes on to the same events. AppendBinary never fails.
func (d *Desk) AppendBinary(b []byte) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return state.Append(b, d.fields()...), nil
}

// UnmarshalBinary gives d, which is new, the state that AppendBinary of another desk wrote.
// It does not call Link: links are part of the clustering's state.
func (d *Desk) UnmarshalBinary(b []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := state.Restore(b, d.fields()...); err != nil {
		return err
	}
	for id, t := range d.turns {
		t.ID = id
		d.turns[id] = t
	}
	return nil
}

func (d *Desk) fields() []any {
	return []any{
		&d.at, &d.ended, &d.oldest,
		state.Map(&d.turns, turnFields),
		state.Map(&d.labels, flagFields),
		state.Map(&d.merged, func(k, v *int) []any { return []any{k, v} }),
		state.Map(&d.found, func(k *int, v *called) []any { return []any{k, &v.name, &v.confidence} }),
		state.Slice(&d.stands, correctionFields),
		state.Slice(&d.gifts, func(g *gift) []any { return []any{&g.turn, &g.part, &g.start, &g.end, &g.from, &g.into, &g.stand} }),
		state.Slice(&d.recent, func(s *sent) []any { return []any{&s.id, &s.reply.Seq, &s.reply.Error} }),
		&d.newest, state.Slice(&d.shifts, func(s *shift) []any { return []any{&s.above, &s.by} }),
		state.Map(&d.live, flagFields),
		state.Map(&d.told, func(k *int, v *string) []any { return []any{k, v} }),
	}
}

func flagFields(k *int, v *bool) []any { return []any{k, v} }

// turnFields lists the fields of a map entry. The key is the turn's ID.
func turnFields(id *int, t *turn) []any {
	return []any{id, &t.Speaker, &t.Start, &t.End, &t.LogP, &t.Confidence, (*string)(&t.State), &t.open, &t.shown, &t.sure, &t.until,
		state.Slice(&t.parts, func(p *part) []any { return []any{&p.id, &p.start, &p.end, &p.shown, &p.sure} })}
}

func correctionFields(c *Correction) []any {
	return []any{(*string)(&c.Action), speaker(&c.Speaker), speaker(&c.Into), &c.Name, &c.Run, &c.ID,
		state.Slice(&c.Turns, func(id *int) []any { return []any{id} })}
}

func speaker(s *event.Speaker) *int { return (*int)(s) }
