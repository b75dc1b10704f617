package correct

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// Late makes the events of corrections of a run that is over. It reads the run's events,
// including those of earlier corrections after the end. The run as it was at its end is the
// ground of these corrections: corrections from before the end are not taken back. The zero
// value is ready for the run's first event. Its methods must not be called at the same
// time.
//
// If another program has corrected the run since Late read it, apply that program's events
// and correct again with the same ID.
type Late struct {
	tl     *event.Timeline
	heard  map[event.Speaker]bool    // every speaker of the run
	sure   map[event.Speaker]float64 // the confidence of the names until the end
	ground ground                    // the run at its end
	stands []Correction
	marks  []Correction    // after the end
	given  [][]place       // for each of stands, where its turns were at that time
	seen   map[string]bool // the IDs of corrections after the end
	newest int             // the highest number of a turn so far
	most   int
}

// ground is a run as it was at its end.
type ground struct {
	turns    []event.Turn
	newest   int // the highest number of a turn until then
	speakers []event.Speaker
	found    map[int]called
	words    map[string][]event.Word // by recogniser
}

// Bound keeps at most so many turns one by one; see [event.Timeline.Bound]. Call it before
// the first event.
func (l *Late) Bound(turns int) { l.most = turns }

// Apply reads the next event of the run. A hole in the numbers is no error: those events
// are lost.
func (l *Late) Apply(e event.Event) error {
	if l.tl == nil {
		l.tl = event.NewPartialTimeline()
		if l.most > 0 {
			l.tl.Bound(l.most)
		}
		l.heard, l.sure, l.seen = map[event.Speaker]bool{}, map[event.Speaker]float64{}, map[string]bool{}
	}
	if e.Run == l.tl.Run() && e.Seq > l.tl.Seq()+1 {
		l.tl.Skip(e)
	}
	if e.Turn != nil {
		l.newest = max(l.newest, e.Turn.ID)
	}
	given := l.places(e.Correction)
	before := l.tl.Seq()
	if err := l.tl.Apply(e); err != nil || l.tl.Seq() == before {
		return err
	}
	switch {
	case e.Correction != nil:
		if e.Kind == event.Marked {
			at := e.Mark.At
			l.marks = append(l.marks, Correction{Action: Mark, Text: e.Mark.Text, At: &at, ID: e.Correction.ID})
		}
		l.stand(*e.Correction, given)
	case e.Kind == event.SpeakerIdentified:
		l.sure[e.Speaker] = e.Confidence
	case e.Kind == event.SpeakerAdded:
		l.heard[e.Speaker] = true
	case e.Kind == event.SpeakerMerged:
		delete(l.heard, e.Speaker)
	case e.Kind == event.StreamEnded:
		l.keepEnd()
	}
	return nil
}

// Timeline is the run as far as it was read, nil before the first event.
func (l *Late) Timeline() *event.Timeline { return l.tl }

// keepEnd keeps the run as it is at its end.
func (l *Late) keepEnd() {
	l.ground = ground{turns: l.tl.Turns(), newest: l.newest, found: map[int]called{}}
	for _, t := range l.ground.turns {
		if t.Speaker != event.Unknown {
			l.heard[t.Speaker] = true
		}
	}
	l.keepWords()
	l.ground.speakers = slices.Sorted(maps.Keys(l.heard))
	for _, s := range l.ground.speakers {
		if name := l.tl.Name(s); name != s.String() {
			l.ground.found[int(s)] = called{name, l.sure[s]}
		}
	}
}

// stand remembers the correction that an event belongs to.
func (l *Late) stand(c event.Correction, given []place) {
	if l.seen[c.ID] {
		return
	}
	l.seen[c.ID] = true
	switch action := Action(c.Action); {
	case action == Undo && len(l.stands) > 0:
		l.stands, l.given = l.stands[:len(l.stands)-1], l.given[:len(l.given)-1]
	case action == Rename || action == Merge || action == Give:
		l.stands = append(l.stands, Correction{Action: action, Speaker: c.Speaker, Into: c.Into, Name: c.Name,
			Turns: c.Turns, Start: c.Start, End: c.End, ID: c.ID})
		l.given = append(l.given, given)
	}
}

// Correct returns the events of a correction and applies none of them. There are no events
// if the correction changes nothing. A correction whose ID was seen before leads to the
// events that are still missing. Errors match [ErrMalformed] or [ErrRefused]. The run must
// be over.
func (l *Late) Correct(c Correction) ([]event.Event, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if l.tl == nil || l.tl.Ended() == nil {
		return nil, fmt.Errorf("%w: the stream goes on", ErrRefused)
	}
	if c.ID == "" {
		c.ID = rand.Text()
	}
	var events []event.Event
	desk := l.desk(func(e event.Event) error {
		e.Correction = &event.Correction{ID: c.ID, Action: string(c.Action), Speaker: c.Speaker, Into: c.Into, Name: c.Name,
			Turns: c.Turns, Start: c.Start, End: c.End}
		events = append(events, e)
		return nil
	})
	desk.opts.resolved = func(as Correction) { c.Into = as.Into }
	var err error
	if c.Action == Undo && len(l.stands) == 0 && !l.seen[c.ID] {
		return nil, fmt.Errorf("%w: there is nothing to take back: what was corrected before the end stays", ErrRefused)
	}
	if l.seen[c.ID] {
		if err = desk.showTurns(); err == nil {
			err = desk.showNames(desk.at)
		}
	} else {
		_, err = desk.Correct(c)
	}
	if err == nil {
		err = l.giveWordsBack(desk, events)
	}
	return events, err
}

// desk is the desk of the run with the corrections after its end.
func (l *Late) desk(emit func(event.Event) error) *Desk {
	d := NewDesk(Options{Emit: emit, Encoder: &event.Encoder{Stream: l.tl.Stream(), Run: l.tl.Run(), Seq: l.tl.Seq(), Revision: l.tl.Revision()}})
	d.at, d.stands, d.found = int64(l.tl.At()), slices.Clone(l.stands), maps.Clone(l.ground.found)
	d.newest = l.newest
	parts := l.parts()
	now := map[event.Speaker]bool{}
	for _, was := range l.ground.turns {
		t, ok := l.tl.Turn(was.ID)
		if !ok {
			continue
		}
		now[t.Speaker] = true
		own := turn{Turn: online.Turn{ID: t.ID, Speaker: int(was.Speaker), Start: int64(was.Start), End: int64(was.End),
			LogP: float64(was.LogP), Confidence: was.Confidence, State: online.State(t.State)},
			shown: int(t.Speaker), sure: t.Confidence != was.Confidence, until: int64(t.End)}
		for _, p := range parts[t.ID] {
			now[p.Speaker] = true
			own.parts = append(own.parts, part{p.ID, int64(p.Start), int64(p.End), int(p.Speaker), p.Confidence != was.Confidence})
		}
		d.keep(own)
	}
	for s := range l.heard {
		d.highest = max(d.highest, int(s))
	}
	speakers := slices.Clone(l.ground.speakers)
	for i, c := range l.stands {
		if c.Action != Give {
			continue
		}
		if !slices.Contains(speakers, c.Into) {
			speakers = append(speakers, c.Into)
		}
		for _, p := range l.given[i] {
			if t, ok := d.turns[p.turn]; ok {
				d.gifts = append(d.gifts, p.given(c, t, i))
			}
		}
	}
	into := d.view()
	for id, t := range d.turns {
		if t.Confidence == 1 {
			d.turns[id] = t.surely(d.pieces(into, t.Turn, false)) // nothing to tell: listeners see the confidence 1 in any case
		}
	}
	for _, s := range speakers {
		d.labels[int(s)] = true
		if into.who(int(s)) == int(s) || now[s] {
			d.live[int(s)] = true
		}
		if name := l.tl.Name(s); name != s.String() || l.ground.found[int(s)].name != "" {
			d.told[int(s)] = name
		}
	}
	return d
}
