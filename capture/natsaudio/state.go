package natsaudio

import "github.com/seed-7adb9000/diarizer/internal/state"

// AppendBinary appends the state of a to b. With it, another Assembler of the same Options goes on to the same blocks. It
// never fails.
func (a *Assembler) AppendBinary(b []byte) ([]byte, error) {
	if a.leap == (leap{}) {
		return state.Append(b, a.fields()...), nil
	}
	return state.Append(b, a.leapFields()...), nil
}

// UnmarshalBinary gives a new a the state of an Assembler of the same Options, as written by AppendBinary.
func (a *Assembler) UnmarshalBinary(b []byte) error {
	whole := *a
	whole.order = new(order)
	err := state.Restore(b, whole.fields()...)
	if err == nil {
		*a = whole
		return nil
	}
	if state.Restore(b, a.leapFields()...) == nil {
		return nil
	}
	return err
}

// leapFields are the fields of an Assembler with a leap, which is rare. Without one, the state is the one that versions
// without leaps write and read.
func (a *Assembler) leapFields() []any { return append(a.fields(), &a.leap.packets, &a.leap.end) }

func (a *Assembler) fields() []any {
	return []any{
		&a.session, &a.from, state.Slice(&a.past, func(s *string) []any { return []any{s} }), state.Value(&a.began),
		&a.first, &a.shift, &a.pos, &a.gaps.used, &a.ended, state.Value(&a.spoke), state.Struct(&a.rival, (*rival).fields),
		state.Struct(&a.stats, (*Stats).fields),
		state.Struct(a.order, (*order).fields),
		state.Optional(&a.sound, a.soundFields),
	}
}

func (s *Stats) fields() []any { return []any{&s.Packets, &s.Lost, &s.Dropped, &s.Bad} }

func (o *order) fields() []any {
	return []any{&o.next, state.Slice(&o.held, (*Packet).fields), &o.last, &o.lost, &o.dropped}
}

func (p *Packet) fields() []any {
	return []any{&p.Session, state.Value(&p.Began), &p.Seq, &p.Position, (*string)(&p.Encoding), &p.Rate,
		&p.Channels, &p.Samples, &p.Gain, &p.End, &p.Data, state.Value(&p.Stored)}
}

func (a *Assembler) soundFields(s *sound) []any {
	return []any{
		state.Struct(&s.format, (*Packet).fields),
		state.Then(&s.rs, func() []any {
			if s.rs == nil {
				made, err := newSound(s.format, a.opts.Channel)
				if err != nil {
					return nil // an invalid state; its rest stays unread, which is an error
				}
				made.format = s.format
				*s = *made
			}
			if s.opus != nil {
				return []any{state.Value(s.rs), state.Value(s.mixer), state.Value(s.opus)}
			}
			return []any{state.Value(s.rs), state.Value(s.mixer)}
		}),
		&s.began, &s.pos, &s.at,
	}
}
