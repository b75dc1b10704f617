package online

import (
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
	// The voices of the window are functions of its atoms and are not kept, nor
	// are the keys that name voices, and what is remembered under them.
	c.pairs = scores{}
	for i := range c.base {
		c.measure(&c.base[i])
	}
	for i := range c.utts {
		u := &c.utts[i]
		if i < len(c.base) && c.base[i].start == u.start && c.base[i].end == u.end {
			u.voice, u.key = c.base[i].voice, c.base[i].key
			continue
		}
		c.measure(u)
	}
	if c.open != nil {
		c.scorer.Update(&c.open.voice)
	}
	for i := range c.speakers {
		c.scorer.Update(&c.speakers[i].voice)
		c.settleAnchor(&c.speakers[i])
	}
	return nil
}

func (c *Clusterer) fields() []any {
	return []any{
		state.Value(c.norm),
		state.Slice(&c.atoms, c.atomFields),
		state.Slice(&c.base, (*utterance).fields),
		state.Slice(&c.utts, (*utterance).fields),
		state.Optional(&c.open, c.openFields),
		state.Slice(&c.speakers, c.speakerFields),
		&c.last, &c.frames, &c.review, &c.until, &c.heard, &c.aligned,
		c.loud.count[:], &c.loud.total,
		state.Struct(&c.time, (*timeline).fields), state.Struct(&c.links, (*links).fields),
	}
}

func (c *Clusterer) atomFields(a *atom) []any {
	m := &a.moments
	if m.D == nil {
		de := make([]float64, c.m.Nu+c.m.Mu)
		m.D, m.E = de[:c.m.Nu:c.m.Nu], de[c.m.Nu:]
	}
	return []any{&a.start, &a.end, &m.Frames, &m.K, &m.N, m.D, m.E, &a.level, &a.frames}
}

// fields of an utterance of the window, whose voice is measured anew.
func (u *utterance) fields() []any {
	return []any{&u.id, &u.start, &u.end, &u.speaker, &u.logP, &u.conf, &u.heard, &u.created, &u.level}
}

// openFields are those of the utterance that is growing: its voice is what was
// measured of it some time ago.
func (c *Clusterer) openFields(u *utterance) []any {
	return append(u.fields(), state.Struct(&u.voice, c.voiceFields))
}

func (c *Clusterer) speakerFields(s *speaker) []any {
	return []any{&s.into, state.Struct(&s.voice, c.voiceFields), state.Struct(&s.anchor, c.voiceFields)}
}

// voiceFields are the pair of a voice; a Scorer derives the rest from it.
func (c *Clusterer) voiceFields(v *model.Voice) []any {
	if v.Stats.D == nil {
		*v = model.NewVoice(c.m.Nu)
	}
	return []any{&v.Stats.N, v.Stats.D, v.Stats.DInv}
}

func (l *links) fields() []any {
	number := func(n *int) []any { return []any{n} }
	return []any{
		state.Slice(&l.told, func(group *[]int) []any { return []any{state.Slice(group, number)} }),
		state.Slice(&l.group, number),
	}
}

func (t *timeline) fields() []any { return []any{state.Slice(&t.told, (*told).fields), &t.nextID} }

func (t *told) fields() []any {
	return []any{&t.ID, &t.Speaker, &t.Start, &t.End, &t.LogP, &t.Confidence, (*string)(&t.State), &t.open}
}
