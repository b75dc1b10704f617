package online

import "github.com/seed-7adb9000/diarizer/event"

// turnKinds are the kinds of event about a turn, as package event calls them.
var turnKinds = map[Kind]event.Kind{
	TurnStarted:   event.TurnStarted,
	TurnUpdated:   event.TurnUpdated,
	TurnEnded:     event.TurnEnded,
	TurnRevised:   event.TurnRevised,
	TurnWithdrawn: event.TurnWithdrawn,
}

// Encode returns the next event of enc, which tells other programs of a decision.
func Encode(enc *event.Encoder, ev Event) event.Event {
	switch ev.Kind {
	case SpeakerAdded:
		return enc.AddSpeaker(ev.At, ev.Speaker)
	case SpeakerMerged:
		return enc.MergeSpeakers(ev.At, ev.Speaker, ev.Into)
	}
	t := ev.Turn
	return enc.Turn(turnKinds[ev.Kind], ev.At, event.Turn{ID: t.ID, Speaker: event.Speaker(t.Speaker),
		Start: event.Time(t.Start), End: event.Time(t.End),
		LogP: event.Score(t.LogP), Confidence: t.Confidence, State: event.State(t.State)})
}
