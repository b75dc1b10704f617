package event

import "time"

// Encoder numbers what happens in one run of a stream. It has no goroutine and
// no clock but Now; its fields are its whole state, so that a copy continues
// where the original stood.
type Encoder struct {
	// Stream and Run go into every event. Both must be a [ValidToken].
	Stream, Run string
	// Seq and Revision are those of the last event.
	Seq, Revision uint64
	// Now is asked for the wall-clock time of an event; nil means time.Now.
	Now func() time.Time
}

// Start begins the run. It is the first event. It fills in the Name, Rate and Origin
// that src leaves empty.
func (e *Encoder) Start(src Source) Event {
	ev := e.next(StreamStarted, 0)
	if src.Name == "" {
		src.Name = e.Stream
	}
	src.Rate = Rate
	if src.Origin.IsZero() {
		src.Origin = ev.Wall
	}
	src.Origin = src.Origin.UTC()
	ev.Source = &src
	return ev
}

// Turn reports a change of a turn: kind is one of the turn kinds.
func (e *Encoder) Turn(kind Kind, at int64, t Turn) Event {
	ev := e.next(kind, at)
	t.Confidence = probability(t.Confidence)
	ev.Turn = &t
	return ev
}

// AddSpeaker reports a speaker who is heard for the first time.
func (e *Encoder) AddSpeaker(at int64, speaker int) Event {
	ev := e.next(SpeakerAdded, at)
	ev.Speaker = Speaker(speaker)
	return ev
}

// MergeSpeakers reports that all turns of a speaker so far are another's.
func (e *Encoder) MergeSpeakers(at int64, speaker, into int) Event {
	ev := e.next(SpeakerMerged, at)
	ev.Speaker, ev.Into = Speaker(speaker), Speaker(into)
	return ev
}

// Identify reports that a speaker is known by name. confidence is the probability that
// the name is right.
func (e *Encoder) Identify(at int64, speaker int, name string, confidence float64) Event {
	ev := e.next(SpeakerIdentified, at)
	ev.Speaker, ev.Name, ev.Confidence = Speaker(speaker), name, probability(confidence)
	return ev
}

// Gap reports that the samples from start to end were lost.
func (e *Encoder) Gap(start, end int64) Event {
	ev := e.next(GapFound, end)
	ev.Gap = &Gap{Start: Time(start), End: Time(end)}
	return ev
}

// Mark reports that a person has marked a moment.
func (e *Encoder) Mark(at int64, m Mark) Event {
	ev := e.next(Marked, at)
	ev.Mark = &m
	return ev
}

// Status reports the state of the publishing program. Package publish fills in what it
// knows.
func (e *Encoder) Status(at int64, s Status) Event {
	ev := e.next(StatusReported, at)
	ev.Status = &s
	return ev
}

// Finish ends the run after at samples. detail says what failed, and is empty where
// nothing did.
func (e *Encoder) Finish(at int64, reason Reason, detail string) Event {
	ev := e.next(StreamEnded, at)
	ev.End = &End{Reason: reason, Detail: detail}
	return ev
}

// probability is p, or 0 where that is no number: JSON has none for it.
func probability(p float64) float64 {
	if !(p > 0) {
		return 0
	}
	return min(p, 1)
}

func (e *Encoder) next(kind Kind, at int64) Event {
	now := time.Now
	if e.Now != nil {
		now = e.Now
	}
	e.Seq++
	switch kind {
	case TurnRevised, TurnWithdrawn, SpeakerMerged, SpeakerIdentified:
		e.Revision++
	}
	return Event{Stream: e.Stream, Run: e.Run, Seq: e.Seq, Kind: kind, At: Time(at),
		Wall: now().UTC().Round(0), Revision: e.Revision}
}
