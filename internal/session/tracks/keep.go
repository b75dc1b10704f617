package tracks

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/online"
)

// ErrState is matched by errors about a state from which a room cannot resume.
var ErrState = errors.New("state of a meeting of several microphones cannot be used")

// Keep makes [Room.Diarize] write the state of the room to Before of the outputs, every so many
// samples and once more at the end of the sound. Call it before Diarize. The state does not have
// what the gate has learnt about the paths between microphones. The gate learns that again within
// seconds.
func (r *Room) Keep(every int64) { r.every = every }

// GoOn makes a new room resume from a state that [Room.Diarize] has written. The room has as many
// inputs, in the same order, and its sound begins at position begin. Call it before anything reads
// the room. The error matches [ErrState].
func (r *Room) GoOn(saved []byte, begin int64) error {
	from, err := restore(saved, len(r.inputs))
	if err != nil {
		return err
	}
	r.from, r.pos, r.gated = from, begin, begin
	for _, in := range r.inputs {
		in.known = begin
	}
	return nil
}

// Check returns why a room of so many inputs, diarized by cfg, cannot resume from a state, or nil
// if it can. Errors match [ErrState] or [pipeline.ErrSnapshot].
func Check(saved []byte, cfg pipeline.Config, inputs int) error {
	from, err := restore(saved, inputs)
	if err != nil {
		return err
	}
	cfg = alone(cfg)
	if from.merger.single != (cfg.Online.Limits.Max == 1) {
		return fmt.Errorf("%w: it was taken with another limit of speakers", ErrState)
	}
	for _, chain := range from.chains {
		if _, err := pipeline.RestoreStream(cfg, chain); err != nil {
			return err
		}
	}
	return nil
}

// roomState is the state of a room.
type roomState struct {
	merger *merger
	chains [][]byte // snapshots of the inputs' chains
}

func (s *roomState) fields() []any {
	return []any{state.Struct(s.merger, (*merger).fields), state.Slice(&s.chains, func(c *[]byte) []any { return []any{c} })}
}

// fields returns the state of a merger between two blocks.
func (m *merger) fields() []any {
	number := func(n *int) []any { return []any{n} }
	return []any{&m.single, &m.turns, state.Slice(&m.old, number),
		state.Slice(&m.added, func(b *bool) []any { return []any{b} }),
		state.Slice(&m.ids, func(ids *map[int]int) []any {
			return []any{state.Map(ids, func(own, id *int) []any { return []any{own, id} })}
		})}
}

// restore reads the state of a room of so many inputs.
func restore(saved []byte, inputs int) (*roomState, error) {
	s := &roomState{merger: newMerger(inputs, false)}
	if err := state.Restore(saved, s.fields()...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	if m := s.merger; len(s.chains) != inputs || len(m.ids) != inputs || len(m.added) != inputs || len(m.old) != inputs {
		return nil, fmt.Errorf("%w: it is of %d microphones, there are %d", ErrState, len(s.chains), inputs)
	}
	return s, nil
}

// chain diarizes one input as [pipeline.Run] does, but in one goroutine, because a state has to
// cover all stages at the same moment.
func (r *Room) chain(ctx context.Context, i int, cfg pipeline.Config, in feed, out chan<- pipeline.Output) error {
	s, err := pipeline.NewStream(cfg)
	if r.from != nil {
		s, err = pipeline.RestoreStream(cfg, r.from.chains[i])
	}
	if err != nil {
		return err
	}
	due := s.At() + r.every
	for b := range in {
		var o pipeline.Output
		if s.At() >= due {
			due = s.At() + r.every
			o.Before = s.AppendSnapshot(nil)
		}
		s.Obey()
		replaced := s.Replaced()
		if o.Gap, err = s.Hear(ctx, b, func(e online.Event) { o.Events = append(o.Events, e) }); err != nil {
			return err
		}
		o.At, o.Replaced = s.At(), int(s.Replaced()-replaced)
		if err := send(ctx, out, o); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.Obey()
	o := pipeline.Output{Before: s.AppendSnapshot(nil), End: true}
	err = s.Flush(func(e online.Event) { o.Events = append(o.Events, e) })
	o.At = s.At()
	return errors.Join(err, send(ctx, out, o))
}
