package session

import (
	"errors"
	"maps"
	"slices"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// Keep says how snapshots of a run are kept, and with which earlier run it goes on.
type Keep struct {
	// Every is the stream time between two snapshots, in samples, where Diarize does not say
	// when. A snapshot is also made about a second after a correction, a name or a merge, and
	// after sound stopped coming. The last snapshot is made when the
	// sound is over, before the events of the end.
	Every int64
	// Save is handed each snapshot.
	Save func(Snapshot)
	// From, where not nil, is the earlier run that this run goes on with. This run has the
	// same speakers, names and turns, and emits events for them at its start. Its sound
	// begins at Begin, in samples; what is missing before Begin is a gap.
	From  *Snapshot
	Begin int64
	// Names are the names that people gave to speakers of the earlier run after From, empty
	// where they took a name away.
	Names map[event.Speaker]string
	// Made are the corrections that people made after the end of the earlier run, and after
	// they gave Names.
	Made []correct.Made
	// Refused, where not nil, is handed each of Made that cannot be made again as a whole,
	// and why.
	Refused func(correct.Correction, error)
}

// from is the snapshot to go on with, nil if there is none.
func (k *Keep) from() *Snapshot {
	if k == nil {
		return nil
	}
	return k.From
}

// Snapshot is a run at one moment.
type Snapshot struct {
	// Source is the run's source, and Run the run's id.
	Source event.Source
	Run    string
	// At is how far the stream had been heard, in samples.
	At int64
	// Events are what a new listener has to know: speakers, names, marks, gaps, and the
	// turns that can still change.
	Events []event.Event
	// Desk is the state of the desk, Chain the state of the pipeline.
	Desk, Chain []byte
}

// Name returns the name that a speaker had, or the speaker's id.
func (s Snapshot) Name(speaker event.Speaker) string {
	for _, e := range slices.Backward(s.Events) {
		if e.Kind == event.SpeakerIdentified && e.Speaker == speaker {
			return e.Name
		}
	}
	return speaker.String()
}

// told is what the events of a run have told besides its turns.
type told struct {
	source   event.Source
	speakers map[event.Speaker]event.Event // the event that named the speaker, or an empty one
	rest     []event.Event                 // marks and gaps
}

// mostRest is how many marks and gaps are kept, and mostSpeakers how many speakers without a
// name. Whoever has a turn is a speaker too.
const (
	mostRest     = 1000
	mostSpeakers = 4000
)

func (t *told) apply(e event.Event) {
	switch e.Kind {
	case event.StreamStarted:
		t.source, t.speakers = *e.Source, map[event.Speaker]event.Event{}
	case event.SpeakerAdded:
		t.speakers[e.Speaker] = event.Event{}
		t.forget()
	case event.SpeakerMerged:
		delete(t.speakers, e.Speaker)
	case event.SpeakerIdentified:
		t.speakers[e.Speaker] = e
	case event.Marked, event.GapFound:
		if t.rest = append(t.rest, e); len(t.rest) > mostRest {
			t.rest = slices.Delete(t.rest, 0, 1)
		}
	}
}

// forget forgets the speakers without a name who appeared first, if there are too many.
func (t *told) forget() {
	if len(t.speakers) <= mostSpeakers {
		return
	}
	for _, s := range slices.Sorted(maps.Keys(t.speakers)) {
		if len(t.speakers) <= mostSpeakers-mostSpeakers/8 {
			return
		}
		if name := t.speakers[s].Name; name == "" || name == s.String() {
			delete(t.speakers, s)
		}
	}
}

// events returns events for everything that was told and still holds.
func (t *told) events(tl *event.Timeline) (list []event.Event) {
	for _, turn := range tl.Turns() {
		if _, ok := t.speakers[turn.Speaker]; !ok && turn.Speaker != event.Unknown {
			t.speakers[turn.Speaker] = event.Event{} // was forgotten, and has spoken again
		}
	}
	for _, s := range slices.Sorted(maps.Keys(t.speakers)) {
		list = append(list, event.Event{Kind: event.SpeakerAdded, Speaker: s})
		if named := t.speakers[s]; named.Name != "" {
			list = append(list, named)
		}
	}
	list = append(list, t.rest...)
	for _, turn := range tl.Turns() {
		kind := event.TurnEnded
		if tl.Open(turn.ID) {
			kind = event.TurnStarted
		}
		list = append(list, event.Event{Kind: kind, Turn: &turn})
	}
	return list
}

// keep takes a snapshot, with the state of what diarizes.
func (r *run) keep(chain func() []byte) {
	for range 10 { // people make corrections while the snapshot is taken
		desk, err := r.desk.AppendBinary(nil)
		if err != nil {
			return // AppendBinary never fails
		}
		s := Snapshot{At: r.at, Run: r.desk.Run(), Desk: desk}
		same := false
		_ = r.desk.Add(func(enc *event.Encoder, at int64) ([]event.Event, error) { // an error means that the run is over
			s.Source, s.Events = r.told.source, r.told.events(&r.timeline)
			return nil, nil
		})
		if again, err := r.desk.AppendBinary(nil); err == nil {
			same = slices.Equal(desk, again)
		}
		if same {
			s.Chain = chain()
			r.opts.Keep.Save(s)
			return
		}
	}
}

// goOn takes the state of the earlier run over, except for its pipeline.
func (r *run) goOn() error {
	from := r.opts.Keep.from()
	if from == nil {
		return nil
	}
	r.began = r.began.Add(-capture.Duration(r.opts.Keep.Begin))
	r.at, r.status = from.At, (from.At/statusEvery+1)*statusEvery
	return r.desk.UnmarshalBinary(from.Desk)
}

// begin emits the start of the run, and after it the events of the earlier run's snapshot as
// events of this run. No correction comes between them: listeners would not know its speaker
// yet.
func (r *run) begin() error {
	encode := []func(*event.Encoder) event.Event{func(enc *event.Encoder) event.Event { return enc.Start(r.source()) }}
	from := r.opts.Keep.from()
	if from == nil {
		return r.desk.Encode(encode...)
	}
	for _, e := range from.Events {
		encode = append(encode, func(enc *event.Encoder) event.Event { return again(enc, from.At, e) })
	}
	if err := r.desk.Encode(encode...); err != nil {
		return err
	}
	for _, s := range slices.Sorted(maps.Keys(r.opts.Keep.Names)) {
		_, err := r.desk.Correct(correct.Correction{Action: correct.Rename, Speaker: s, Name: r.opts.Keep.Names[s]})
		if err != nil && !errors.Is(err, correct.ErrRefused) { // the speaker is not there any more
			return err
		}
	}
	return r.desk.Again(r.opts.Keep.Made, func(c correct.Correction, why error) {
		if r.opts.Keep.Refused != nil {
			r.opts.Keep.Refused(c, why)
		}
	})
}

// again encodes an event of an earlier run as an event of this run.
func again(enc *event.Encoder, at int64, e event.Event) event.Event {
	switch e.Kind {
	case event.SpeakerAdded:
		return enc.AddSpeaker(at, int(e.Speaker))
	case event.SpeakerIdentified:
		return enc.Identify(at, int(e.Speaker), e.Name, e.Confidence)
	case event.Marked:
		return enc.Mark(at, *e.Mark)
	case event.GapFound:
		return enc.Gap(int64(e.Gap.Start), int64(e.Gap.End))
	}
	return enc.Turn(e.Kind, at, *e.Turn)
}
