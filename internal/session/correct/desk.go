package correct

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// Options say what a Desk works with.
type Options struct {
	// Encoder numbers the events. From now on it is the desk's.
	Encoder *event.Encoder
	// Emit is handed every event, in order, one at a time. It must not call
	// the desk.
	Emit func(event.Event) error
	// Link, where not nil, is told after each merge and undo which speakers of
	// the clustering are one person, so that it can add their statistics up
	// when it compares, or no longer do so. It is called with each group of two
	// or more, ordered, from the goroutine of the correction.
	Link func(groups [][]int)
	// Give, where not nil, is told after each correction that moves turns, or takes
	// that back, what of the clustering's is whose; from the same goroutine.
	Give func(gifts []online.Gift)
	// Reserve, where not nil, returns a number that no speaker of the clustering has
	// or will have, above least. Without it the next one is taken.
	Reserve func(least int) int
	// Divide, where not nil, tells what of speakers who are one person is a second
	// voice's. It may take a while.
	Divide func(speakers []int) ([]online.Span, error)

	settled func(Correction) // what a correction about turns came to, before its events
}

// Desk makes the events of one run from what the clustering decides and what
// people correct. It keeps the clustering's own labels apart from the
// corrections that stand, and shows the one in the light of the other: a
// correction that is taken back leaves no trace in who spoke when. Its methods
// may be called from any goroutine.
type Desk struct {
	mu     sync.Mutex
	opts   Options
	at     int64
	ended  bool
	turns  map[int]turn
	oldest int          // turns with a lower id are settled
	labels map[int]bool // speakers of the clustering, those merged left out
	merged map[int]int  // by the clustering
	found  map[int]called
	stands []Correction
	gifts  []gift
	recent []sent // corrections with an ID, lately
	newest int    // the highest number of a turn of the clustering
	shifts []shift

	// What listeners have been told.
	live map[int]bool
	told map[int]string

	most    int // see maxSpeakers
	highest int // no newcomer has a lower number, or this one
}

// turn is a turn as the clustering has it, whose speaker is its own, and as listeners
// know it: whom they take for the speaker and whether they were told that people are sure
// of it, until when it is that speaker's, and the parts behind that.
type turn struct {
	online.Turn
	open  bool
	shown int
	sure  bool
	until int64
	parts []part
}

// called is a name that was found by comparison.
type called struct {
	name       string
	confidence float64
}

type sent struct {
	id    string
	reply Reply
}

// What a desk remembers is bounded: turns that can still be corrected,
// corrections that can stand, corrections whose repetition is noticed.
const (
	maxTurns  = 20000
	maxStands = 1000
	maxRecent = 100
)

// NewDesk returns a desk for a run.
func NewDesk(opts Options) *Desk {
	return &Desk{opts: opts, most: maxSpeakers, turns: map[int]turn{}, labels: map[int]bool{}, merged: map[int]int{},
		found: map[int]called{}, live: map[int]bool{}, told: map[int]string{}}
}

// Run returns the id of the run.
func (d *Desk) Run() string { return d.opts.Encoder.Run }

// Heard tells the desk how far the stream has been heard, in samples, which is
// the time of the next correction.
func (d *Desk) Heard(at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = max(d.at, at)
}

// Encode emits an event that is not about speakers: the start, a gap, a status,
// the end. After the end there are no more corrections.
func (d *Desk) Encode(encode func(*event.Encoder) event.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := encode(d.opts.Encoder)
	d.at = max(d.at, int64(e.At))
	d.ended = d.ended || e.Kind == event.StreamEnded
	return d.opts.Emit(e)
}

// Decide emits what the clustering has decided, in the light of the
// corrections that stand.
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

// shown is an event as listeners are told it: with whom the turn is of for them. Of what
// was given to somebody, people are sure.
func shown(e online.Event, who int, given bool) online.Event {
	e.Turn.Speaker = who
	if given {
		e.Turn.LogP, e.Turn.Confidence = math.NaN(), 1
	}
	return e
}

// keep remembers a turn and lets the oldest go.
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

// mergeByClustering tells listeners of what the clustering found to be one,
// as far as they do not take it for one already.
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
	if len(d.gifts) > 0 { // what was given of the one may have been said by the other
		if err := d.showTurns(); err != nil {
			return err
		}
	}
	return d.showNames(e.At)
}

// Identify reports that a speaker is known by name, with the probability that
// this is right, or no longer, where name is empty. What a person has said stands
// above it.
func (d *Desk) Identify(at int64, speaker int, name string, confidence float64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = max(d.at, at)
	d.found[speaker] = called{name, confidence}
	return d.showNames(d.at)
}

// Known reports whether the clustering ever had a speaker of this number.
func (d *Desk) Known(speaker int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, merged := d.merged[speaker]
	return merged || d.labels[speaker]
}

// Who returns the speaker that stands for everybody who is the same person, by the
// clustering and by corrections.
func (d *Desk) Who(speaker int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view().who(speaker)
}

// Found returns the name that was found for a speaker, whatever people have said
// since, or nothing.
func (d *Desk) Found(speaker int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.view()
	return d.compared(v, v.who(speaker)).name
}

// Correct applies a correction and emits what it leads to. Its error matches
// [ErrMalformed] or [ErrRefused], or is one of Emit.
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
	reply := Reply{Seq: d.opts.Encoder.Seq}
	if c.ID != "" {
		d.recent = append(d.recent, sent{c.ID, reply})
		d.recent = d.recent[max(0, len(d.recent)-maxRecent):]
	}
	return reply, nil
}

// made reports whether a correction was made before.
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
			m.At = min(*c.At, m.At) // nobody marks what was not heard
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
		if d.opts.settled != nil {
			d.opts.settled(c)
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
