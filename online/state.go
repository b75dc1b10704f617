package online

import (
	"cmp"
	"fmt"

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
	// What a Scorer derives from pairs is not kept, nor are the keys that name
	// voices, and what is remembered under them.
	c.known = scores{keys: &c.keys}
	for i := range c.utts {
		u := &c.utts[i]
		if err := c.checkPair(u.voice.Stats); err != nil {
			return err
		}
		c.keys++
		u.key = c.keys
	}
	if c.open != nil && len(c.open.voice.Stats.D) > 0 { // it has been measured
		if err := c.checkPair(c.open.voice.Stats); err != nil {
			return err
		}
		c.scorer.Update(&c.open.voice)
	}
	for i := range c.speakers {
		s := &c.speakers[i]
		if s.into != 0 {
			continue
		}
		if err := cmp.Or(c.checkPair(s.voice.Stats), c.checkPair(s.anchor.Stats)); err != nil {
			return err
		}
		c.scorer.Update(&s.voice)
		c.settleAnchor(s)
	}
	return nil
}

// checkPair says what is wrong with a pair that was restored.
func (c *Clusterer) checkPair(s model.Stats) error {
	if want := model.NewStats(c.m.Nu); len(s.D) != len(want.D) || len(s.DInv) != len(want.DInv) {
		return fmt.Errorf("online: a pair of %d and %d numbers in the state: expected %d and %d", len(s.D), len(s.DInv), len(want.D), len(want.DInv))
	}
	return nil
}

func (c *Clusterer) fields() []any {
	return []any{
		state.Value(c.norm),
		state.Slice(&c.atoms, (*atom).fields),
		state.Slice(&c.utts, (*utterance).fields),
		state.Optional(&c.open, (*utterance).fields),
		state.Slice(&c.speakers, (*speaker).fields),
		&c.last, &c.frames, &c.review, &c.until, &c.heard, &c.aligned,
		c.loud.count[:], &c.loud.total,
		state.Struct(&c.time, (*timeline).fields), state.Struct(&c.links, (*links).fields),
	}
}

func (a *atom) fields() []any {
	f := &a.sound
	return []any{&a.start, &a.end, &f.X, &f.K, &f.W, &f.Ends, &a.level, &a.frames}
}

func (u *utterance) fields() []any {
	return append(voiceFields(&u.voice), &u.id, &u.start, &u.end, &u.speaker, &u.logP, &u.conf, &u.heard, &u.created, &u.level, &u.frames)
}

func (s *speaker) fields() []any {
	return append(append(voiceFields(&s.voice), voiceFields(&s.anchor)...), &s.into)
}

// voiceFields are the pair of a voice; a Scorer derives the rest from it.
func voiceFields(v *model.Voice) []any {
	return []any{&v.Stats.N, &v.Stats.D, &v.Stats.DInv}
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
