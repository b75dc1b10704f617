package tracks

import (
	"context"
	"slices"

	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/state"
	"github.com/seed-7adb9000/diarizer/online"
)

// merger makes the events of a meeting from the events of its inputs.
type merger struct {
	single bool             // whether there is one speaker at each input
	added  []bool           // whether an input's one speaker was reported
	turns  int              // the number of the last turn
	ids    []map[int]int    // of each input: the meeting's number of a turn by the input's number
	old    []int            // of each input: its highest forgotten number
	heads  [][]online.Event // of each input: the events that come next
}

// keptTurns is how many turns of an input are remembered, because they may still change.
const keptTurns = 20000

func newMerger(n int, single bool) *merger {
	m := &merger{single: single, added: make([]bool, n), ids: make([]map[int]int, n), old: make([]int, n), heads: make([][]online.Event, n)}
	for i := range m.ids {
		m.ids[i] = map[int]int{}
	}
	return m
}

// next returns what the next block of every input led to. All inputs have the same blocks.
// ok is false when there are no more blocks.
func (m *merger) next(ctx context.Context, outs []chan pipeline.Output) (all pipeline.Output, ok bool, err error) {
	var chains [][]byte
	for i, ch := range outs {
		var o pipeline.Output
		select {
		case o, ok = <-ch:
		case <-ctx.Done():
			return all, false, context.Cause(ctx)
		}
		if !ok {
			return all, false, nil
		}
		all.At, all.Gap, all.End = o.At, o.Gap, o.End
		all.Replaced += o.Replaced
		m.heads[i] = o.Events
		if o.Before != nil {
			chains = append(chains, o.Before)
		}
	}
	if len(chains) == len(outs) {
		all.Before = state.Append(nil, (&roomState{m, chains}).fields()...)
	}
	for i := m.first(); i >= 0; i = m.first() {
		all.Events = m.add(all.Events, i, m.heads[i][0])
		m.heads[i] = m.heads[i][1:]
	}
	return all, true, nil
}

// first is the input with the earliest next event, -1 if no input has one.
func (m *merger) first() (first int) {
	first = -1
	for i, h := range m.heads {
		if len(h) > 0 && (first < 0 || h[0].At < m.heads[first][0].At) {
			first = i
		}
	}
	return first
}

// add appends an event of an input in the meeting's numbers.
func (m *merger) add(list []online.Event, i int, e online.Event) []online.Event {
	switch e.Kind {
	case online.SpeakerAdded, online.SpeakerMerged:
		if m.single {
			return list // the speaker is reported with the first turn
		}
		return append(list, e)
	}
	id, known := m.ids[i][e.Turn.ID]
	if !known {
		if e.Turn.ID <= m.old[i] {
			return list // a turn that was forgotten
		}
		m.turns++
		id = m.turns
		m.ids[i][e.Turn.ID] = id
		m.forget(i)
	}
	e.Turn.ID = id
	stream, _ := pipeline.Part(e.Turn.Speaker, len(m.ids))
	if m.single && (e.Turn.Speaker == online.Unknown || stream == i) { // not a speaker that a correction has made
		e.Turn.Speaker = pipeline.First(i)
		if !m.added[i] {
			m.added[i] = true
			list = append(list, online.Event{Kind: online.SpeakerAdded, At: e.At, Speaker: e.Turn.Speaker})
		}
	}
	return append(list, e)
}

// forget forgets the oldest turns of an input that has too many.
func (m *merger) forget(i int) {
	ids := m.ids[i]
	if len(ids) <= keptTurns {
		return
	}
	all := make([]int, 0, len(ids))
	for id := range ids {
		all = append(all, id)
	}
	slices.Sort(all)
	for _, id := range all[:keptTurns/8] {
		delete(ids, id)
		m.old[i] = id
	}
}
