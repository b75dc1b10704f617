package online

import "fmt"

// State says how far a turn may still be trusted to stay as it is.
type State string

// The states of a turn. Provisional turns may change with the next second of
// sound; final ones have ended with their evidence complete; revised ones were
// final and have been corrected since.
const (
	Provisional State = "provisional"
	Final       State = "final"
	Revised     State = "revised"
)

// Unknown is the speaker of a turn that has too little evidence for a name.
const Unknown = 0

// Turn is a stretch of speech by one speaker.
type Turn struct {
	// ID is unique in its stream and never used again. It is the ordinal of
	// the turn's first utterance, from 1.
	ID int
	// Speaker counts from 1 in order of appearance; Unknown is 0.
	Speaker int
	// Start and End are in samples since the start of the stream. The End of
	// a turn that is still open is what has been heard of it so far.
	Start, End int64
	// LogP is log P(H1) of the turn's last scored utterance against its
	// speaker, without the −log W of the population.
	LogP float64
	// Confidence is the probability that Speaker is right.
	Confidence float64
	// State is provisional, final or revised.
	State State
}

// Kind is what an [Event] reports.
type Kind int

// The kinds of events, in the order in which a turn meets them.
const (
	TurnStarted   Kind = iota + 1 // Turn is new and open
	TurnUpdated                   // Turn is open and has another speaker or end
	TurnEnded                     // Turn is closed: times final
	TurnRevised                   // Turn, ended before, has another speaker, start or end
	TurnWithdrawn                 // Turn no longer exists: a neighbour took it in
	SpeakerAdded                  // Speaker is new
	SpeakerMerged                 // Speaker was Into all along: every turn of Speaker is Into's
)

var kindNames = [...]string{TurnStarted: "turn started", TurnUpdated: "turn updated",
	TurnEnded: "turn ended", TurnRevised: "turn revised", TurnWithdrawn: "turn withdrawn",
	SpeakerAdded: "speaker added", SpeakerMerged: "speaker merged"}

// String names the kind as its documentation does.
func (k Kind) String() string {
	if k < TurnStarted || int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kindNames[k]
}

// Event is one change of the timeline. Applying a stream's events in order
// gives the timeline; no event can be left out.
type Event struct {
	Kind Kind
	// At is the stream position, in samples, up to which sound had been heard
	// when the event was decided. It is a function of the samples alone.
	At int64
	// Turn is the whole turn after the change, for the Turn kinds.
	Turn Turn
	// Speaker is the new or merged speaker, for the Speaker kinds.
	Speaker int
	// Into is the speaker that Speaker is merged into.
	Into int
}
