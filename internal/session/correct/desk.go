package correct

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// Options say how a Desk numbers and emits events, and how it reaches the clustering.
type Options struct {
	// Encoder numbers the events. The desk owns it from now on.
	Encoder *event.Encoder
	// Emit is handed every event, in order, one at a time. It must not call
	// the desk.
	Emit func(event.Event) error
	// Link, where not nil, is called after each merge and undo with the groups of two or
	// more speakers of the clustering that are one person. The clustering then compares
	// with the sum of their statistics. The speakers of a group are ordered. The call comes
	// from the goroutine of the correction.
	Link func(groups [][]int)
	// Give, where not nil, is called after each correction that moves turns, and after its
	// undo, with everything that people have given away. The call comes from the goroutine
	// of the correction.
	Give func(gifts []online.Gift)
	// Corrected, where not nil, is called after each correction that was applied, in the
	// goroutine of the correction. It must not call the desk.
	Corrected func()
	// Reserve, where not nil, returns a number above least that no speaker of the
	// clustering has or will have. Without Reserve that number is least+1.
	Reserve func(least int) int
	// Divide, where not nil, returns the times at which a second voice speaks, among
	// speakers that are one person so far. It may take a while.
	Divide func(speakers []int) ([]online.Span, error)

	resolved func(Correction) // is handed a give or split with all fields filled in, before its events
}

// Desk makes the events of one run from the decisions of the clustering and the corrections
// of people. It keeps the clustering's own labels apart from the corrections that stand,
// and shows the labels with these corrections applied. So a correction that is taken back
// leaves no trace in who spoke when. Its methods may be called from any goroutine.
type Desk struct {
	mu     sync.Mutex
	opts   Options
	at     int64
	ended  bool
	turns  map[int]turn
	oldest int            // turns with a lower id are forgotten
	labels map[int]bool   // speakers of the clustering that it has not merged
	merged map[int]int    // merges of the clustering, from one speaker into another
	found  map[int]called // names that voices were recognised by
	stands []Correction
	gifts  []gift
	recent []sent // the latest corrections with an ID
	newest int    // the highest turn number of the clustering
	shifts []shift

	// What the events have told listeners: the speakers there are, and their names.
	live map[int]bool
	told map[int]string

	most    int // see maxSpeakers
	highest int // every new speaker gets a number above this one
}

// turn is a turn of the clustering, whose Speaker is the clustering's label, and what
// listeners know of it. The turn's first piece ends at until; shown is its speaker for
// listeners, and sure whether they were told that people assigned that speaker. parts are
// the pieces after the first.
type turn struct {
	online.Turn
	open  bool
	shown int
	sure  bool
	until int64
	parts []part
}

// called is a name that comparing voices has found.
type called struct {
	name       string
	confidence float64
}

// sent is a correction that was made, with the answer to it.
type sent struct {
	id    string
	reply Reply
}

// The bounds of a desk: the turns that can still be corrected, the corrections that can
// stand, and the corrections whose repetition is noticed.
const (
	maxTurns  = 20000
	maxStands = 1000
	maxRecent = 100
)

// NewDesk returns the desk of a run.
func NewDesk(opts Options) *Desk {
	return &Desk{opts: opts, most: maxSpeakers, turns: map[int]turn{}, labels: map[int]bool{}, merged: map[int]int{},
		found: map[int]called{}, live: map[int]bool{}, told: map[int]string{}}
}

// Run returns the id of the run.
func (d *Desk) Run() string { return d.opts.Encoder.Run }

// Heard tells the desk how far the stream has been heard, in samples. The next correction
// has that time.
func (d *Desk) Heard(at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = max(d.at, at)
}

// Encode emits events that are no decisions: the start, what an earlier run has told, a gap, a
// status or the end. Nothing comes between two of them. After the end, corrections are refused.
func (d *Desk) Encode(encode ...func(*event.Encoder) event.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, next := range encode {
		e := next(d.opts.Encoder)
		d.at = max(d.at, int64(e.At))
		d.ended = d.ended || e.Kind == event.StreamEnded
		if err := d.opts.Emit(e); err != nil {
			return err
		}
	}
	return nil
}

// Decide emits a decision of the clustering, with the corrections that stand applied.
func (d *Desk) Decide(e online.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = max(d.at, e.At)
	switch e.Kind {
	case online.SpeakerAdded:
		d.labels[e.Speaker], d.live[e.Speaker] = true, true
		d.forget()
		return d.emit(e)
	case online.SpeakerMerged:
		d.recall(e.Speaker, e.Into)
		return d.mergeByClustering(e)
	default:
		if e.Kind != online.TurnWithdrawn && !d.labels[e.Turn.Speaker] {
			d.recall(e.Turn.Speaker)
		}
	}
	d.newest = max(d.newest, e.Turn.ID)
	t := turn{Turn: e.Turn, open: e.Kind == online.TurnStarted || e.Kind == online.TurnUpdated, parts: d.turns[e.Turn.ID].parts}
	all := d.pieces(d.view(), e.Turn, t.open)
	if e.Kind == online.TurnWithdrawn {
		delete(d.turns, e.Turn.ID)
		all = []piece{{e.Turn.Start, e.Turn.End, all[0].who, all[0].given}}
	}
	t, err := d.tell(e, t, all)
	if err == nil && e.Kind != online.TurnWithdrawn {
		d.keep(t)
	}
	return err
}

// shown is an event as listeners get it, with who as its speaker. What people have given
// away has the confidence 1.
func shown(e online.Event, who int, given bool) online.Event {
	e.Turn.Speaker = who
	if given {
		e.Turn.LogP, e.Turn.Confidence = math.NaN(), 1
	}
	return e
}

// keep remembers a turn and forgets the oldest turns when there are too many.
func (d *Desk) keep(t turn) {
	if t.ID < d.oldest {
		return
	}
	d.turns[t.ID] = t
	if len(d.turns) <= maxTurns {
		return
	}
	ids := slices.Sorted(maps.Keys(d.turns))
	d.oldest = ids[len(ids)/8]
	for _, id := range ids[:len(ids)/8] {
		delete(d.turns, id)
	}
	d.gifts = slices.DeleteFunc(d.gifts, func(g gift) bool { return g.turn < d.oldest })
}

// mergeByClustering tells listeners of a merge of the clustering, unless a correction has
// made the two speakers one already.
func (d *Desk) mergeByClustering(e online.Event) error {
	v := d.view()
	was := []int{v.who(e.Speaker), v.who(e.Into)}
	d.merged[e.Speaker] = e.Into
	delete(d.labels, e.Speaker)
	for id, t := range d.turns {
		if t.Speaker == e.Speaker {
			t.Speaker = e.Into
			d.turns[id] = t
		}
	}
	into := d.view().who(e.Into)
	for _, s := range slices.Compact(was) {
		if s != into {
			if err := d.showMerge(e.At, s, into); err != nil {
				return err
			}
		}
	}
	if len(d.gifts) > 0 { // a part given away from one speaker may lie in turns of the other
		if err := d.showTurns(); err != nil {
			return err
		}
	}
	return d.showNames(e.At)
}

// Identify reports that a speaker's voice was recognised as name, with the probability that
// this is right. An empty name takes that back. A name that a person has given takes
// precedence.
func (d *Desk) Identify(at int64, speaker int, name string, confidence float64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = max(d.at, at)
	d.found[speaker] = called{name, confidence}
	return d.showNames(d.at)
}

// Known reports whether the clustering has or had a speaker of this number.
func (d *Desk) Known(speaker int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, merged := d.merged[speaker]
	return merged || d.labels[speaker]
}

// Who returns the speaker that stands for all speakers who are the same person, by merges
// of the clustering and by corrections.
func (d *Desk) Who(speaker int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view().who(speaker)
}

// Called returns the speaker as Who does, and the name that listeners were told last: that of
// the number if a name was taken away, and nothing if there never was one.
func (d *Desk) Called(speaker int) (who int, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	who = d.view().who(speaker)
	return who, d.told[who]
}

// Found returns the name that a speaker's voice was recognised by, or nothing. Names that
// people have given do not count.
func (d *Desk) Found(speaker int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.view()
	return d.compared(v, v.who(speaker), nil).name
}

// Correct applies a correction and emits its events. Its error matches [ErrMalformed] or
// [ErrRefused], or is an error of Emit.
func (d *Desk) Correct(c Correction) (Reply, error) {
	if err := c.Check(); err != nil {
		return Reply{}, err
	}
	if c.Action == Split && !d.made(c) {
		var err error
		if c, err = d.divide(c); err != nil {
			return Reply{}, fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if i := slices.IndexFunc(d.recent, func(s sent) bool { return c.ID != "" && s.id == c.ID }); i >= 0 {
		return d.recent[i].reply, nil
	}
	if err := d.admit(c); err != nil {
		return Reply{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := d.apply(c); err != nil {
		return Reply{}, err
	}
	if d.opts.Corrected != nil {
		d.opts.Corrected()
	}
	reply := Reply{Seq: d.opts.Encoder.Seq}
	if c.ID != "" {
		d.recent = append(d.recent, sent{c.ID, reply})
		d.recent = d.recent[max(0, len(d.recent)-maxRecent):]
	}
	return reply, nil
}

// errNotBegun is the refusal of a correction before the first event of the run, which says
// that the stream has started.
var errNotBegun = errors.New("the stream has not begun")

// made reports whether a correction of this ID was made before.
func (d *Desk) made(c Correction) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.recent, func(s sent) bool { return c.ID != "" && s.id == c.ID })
}

// admit checks a correction against the state of the stream.
func (d *Desk) admit(c Correction) error {
	switch {
	case d.ended:
		return ErrEnded
	case d.opts.Encoder.Seq == 0:
		return errNotBegun
	case c.Run != "" && c.Run != d.Run():
		return fmt.Errorf("it is about run %s, and this is run %s", c.Run, d.Run())
	case c.Action == Undo && len(d.stands) == 0:
		return fmt.Errorf("there is nothing to take back")
	case c.Action == Mark:
		return nil
	case c.Action != Undo && len(d.stands) == maxStands:
		return fmt.Errorf("there are %d corrections already", maxStands)
	case c.Action == Give:
		return d.admitGift(c)
	case c.Action != Undo && !d.live[int(c.Speaker)]:
		return fmt.Errorf("%s is not a speaker of this stream now", c.Speaker)
	case c.Action == Merge && !d.live[int(c.Into)]:
		return fmt.Errorf("%s is not a speaker of this stream now", c.Into)
	case c.Action == Split && len(d.gifts)+len(c.Turns) > maxGifts:
		return fmt.Errorf("%d turns were moved already: expected at most %d", len(d.gifts), maxGifts)
	}
	return nil
}

func (d *Desk) apply(c Correction) error {
	switch c.Action {
	case Mark:
		m := event.Mark{At: event.Time(d.at), Text: c.Text}
		if c.At != nil {
			m.At = min(*c.At, m.At) // a mark is not later than what was heard
		}
		return d.opts.Emit(d.opts.Encoder.Mark(d.at, m))
	case Rename:
		d.stands = append(d.stands, c)
		return d.showNames(d.at)
	case Merge:
		d.stands = append(d.stands, c)
		d.link()
		if err := d.showMerge(d.at, int(c.Speaker), int(c.Into)); err != nil {
			return err
		}
		return d.showNames(d.at)
	case Give, Split:
		if c.Into == event.Unknown || c.Action == Split {
			c.Into = event.Speaker(d.newcomer())
			d.labels[int(c.Into)] = true
		}
		if d.opts.resolved != nil {
			d.opts.resolved(c)
		}
		d.stands = append(d.stands, c)
		d.give(c)
		return d.showGifts()
	}
	last := d.stands[len(d.stands)-1]
	d.stands = d.stands[:len(d.stands)-1]
	switch last.Action {
	case Give, Split:
		return d.showGifts()
	case Merge:
		d.link()
		if err := d.showTurns(); err != nil {
			return err
		}
	}
	return d.showNames(d.at)
}

func (d *Desk) link() {
	if d.opts.Link != nil {
		d.opts.Link(d.view().groups())
	}
}
