package online

import (
	"fmt"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// AppendBinary appends the state of the clusterer to b: with it, another one of
// the same model and Config goes on to the same events. It never fails.
func (c *Clusterer) AppendBinary(b []byte) ([]byte, error) {
	return state.Append(b, c.fields()...), nil
}

// UnmarshalBinary gives c, which is New, the state of a clusterer of the same
// model and Config, as AppendBinary wrote it.
func (c *Clusterer) UnmarshalBinary(b []byte) error {
	if err := state.Restore(b, c.fields()...); err != nil {
		return err
	}
	pair := c.m.Shape().KeptLen()
	for i := range c.utts {
		if err := expect(len(c.utts[i].pair.Pair), pair); err != nil {
			return err
		}
	}
	// What a Scorer derives from pairs is not part of the state.
	for i := range c.speakers {
		s := &c.speakers[i]
		if err := expect(len(s.anchor.Pair), pair); err != nil {
			return err
		}
		c.prepare(s.number)
	}
	for i := range c.absent.parked {
		if err := expect(len(c.absent.parked[i].anchor.Pair), pair); err != nil {
			return err
		}
	}
	return nil
}

// expect says what is wrong with the length of a pair that was restored.
func expect(found, want int) error {
	if found != want {
		return fmt.Errorf("online: a pair of %d numbers in the state: expected %d", found, want)
	}
	return nil
}

func (c *Clusterer) fields() []any {
	list := []any{
		state.Struct(&c.looks[finalLook], (*look).fields),
		state.Slice(&c.utts, func(u *utterance) []any { return u.fields(c.m) }),
		state.Optional(&c.open, func(u *utterance) []any { return u.fields(c.m) }),
		state.Slice(&c.heads, (*head).fields),
		state.Slice(&c.speakers, (*speaker).fields), state.Struct(&c.absent, (*absent).fields),
		state.Slice(&c.gifts, (*Gift).fields), state.Slice(&c.added, func(n *int) []any { return []any{n} }), &c.groups, &c.settled, &c.settledOpen, &c.frames, &c.review, &c.until,
		c.distribution.count[:], &c.distribution.total,
		state.Struct(&c.time, (*timeline).fields), state.Struct(&c.links, (*links).fields),
	}
	if c.cfg.Drafts {
		list = append(list, state.Struct(&c.looks[draftLook], (*look).fields))
	}
	return list
}

func (l *look) fields() []any {
	chunks := func(a *chunk) []any { return a.fields(l.again) }
	return []any{state.Value(l.ear), state.Slice(&l.chunks, chunks), &l.last}
}

func (c *crowd) fields() []any { return []any{&c.start, &c.end, &c.track, &c.two} }

// fields returns the fields of a chunk, without the features that again finds.
func (a *chunk) fields(again func(first int64, n int) []float32) []any {
	s := &a.sound
	found := again != nil && len(s.Frames) > 0 && slices.Equal(again(s.First, a.frames()), s.Frames)
	features := state.Then(&s.Frames, func() []any {
		if !found {
			return []any{state.Rows(&s.Frames, a.width)}
		}
		if len(s.Frames) == 0 && again != nil { // restored
			s.Frames = again(s.First, a.frames())
		}
		return nil
	})
	return []any{&a.start, &a.end, &s.First, &found, features, &s.X, &s.K, &s.W, &s.Ends, &a.level, &a.crowd, &a.two, a.tracks[:]}
}

// width returns how many numbers a frame of the sound has.
func (a *chunk) width() int {
	return len(a.sound.Frames) / max(1, a.frames())
}

func (u *utterance) fields(m model.Model) []any {
	return []any{&u.id, &u.start, &u.end, state.Struct(&u.pair, func(k *model.Kept) []any { return keptFields(k, m) }), &u.speaker, &u.given, &u.logP, &u.conf, &u.moved, &u.heard, &u.created, &u.level, &u.frames, &u.group, &u.echo, &u.draft, &u.track, state.Slice(&u.crowds, (*crowd).fields)}
}

// keptFields returns the fields of k. They leave out the D⁻¹ of a pair if the model finds it by the
// number of frames.
func keptFields(k *model.Kept, m model.Model) []any {
	nu := m.Shape().Nu
	precise, able := m.(model.Precise)
	found := able && len(k.Pair) > nu && slices.Equal(k.Pair[nu:], precise.Precisions(k.N))
	return []any{&k.N, &found, state.Then(&k.Pair, func() []any {
		if !found || !able {
			return []any{&k.Pair}
		}
		if len(k.Pair) == 0 { // restored
			k.Pair = append(make([]float32, nu), precise.Precisions(k.N)...)
		}
		return []any{k.Pair[:nu]}
	})}
}

func (g *Gift) fields() []any { return []any{&g.Start, &g.End, &g.From, &g.Speaker} }

func (s *speaker) fields() []any {
	return []any{&s.number, &s.anchor.N, &s.anchor.Pair, &s.heard}
}

func (h *head) fields() []any {
	return []any{&h.start, &h.end, &h.speaker, &h.given, &h.logP, &h.conf, &h.beside}
}

func (a *absent) fields() []any {
	return []any{
		&a.given, &a.forgotten,
		state.Slice(&a.parked, (*parked).fields),
		state.Slice(&a.merges, (*merge).fields),
	}
}

func (m *merge) fields() []any { return []any{&m.from, &m.into} }

func (p *parked) fields() []any { return []any{&p.number, &p.anchor.N, &p.anchor.Pair, &p.heard} }

func (l *links) fields() []any {
	number := func(n *int) []any { return []any{n} }
	return []any{
		state.Slice(&l.told, func(group *[]int) []any { return []any{state.Slice(group, number)} }),
		state.Slice(&l.who, number), state.Slice(&l.group, number),
	}
}

func (t *timeline) fields() []any { return []any{state.Slice(&t.told, (*told).fields), &t.nextID} }

func (t *told) fields() []any {
	return []any{&t.ID, &t.Speaker, &t.Start, &t.End, &t.LogP, &t.Confidence, (*string)(&t.State), &t.open, &t.given}
}
