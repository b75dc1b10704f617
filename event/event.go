package event

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind is what an [Event] reports. It is the last token of its subject.
type Kind string

// The kinds of this version. A reader skips those that it does not know.
const (
	StreamStarted     Kind = "stream-started"     // Source says what is heard
	StreamEnded       Kind = "stream-ended"       // nothing more is heard; End says why; only corrections follow
	TurnStarted       Kind = "turn-started"       // Turn is new and open
	TurnUpdated       Kind = "turn-updated"       // Turn, still open, has another speaker or end
	TurnEnded         Kind = "turn-ended"         // Turn is closed
	TurnRevised       Kind = "turn-revised"       // Turn, closed before, was corrected
	TurnWithdrawn     Kind = "turn-withdrawn"     // Turn is no more: a neighbour took it in
	SpeakerAdded      Kind = "speaker-added"      // Speaker is heard for the first time
	SpeakerMerged     Kind = "speaker-merged"     // all turns of Speaker so far are Into's
	SpeakerIdentified Kind = "speaker-identified" // Speaker is known by Name
	GapFound          Kind = "gap"                // sound was lost in Gap
	StatusReported    Kind = "status"             // Status of the publishing program
	Marked            Kind = "mark"               // somebody has marked a moment: Mark
	WordsAttributed   Kind = "words-attributed"   // Words have a speaker, or another than before
)

// Event is one change. Within a run, Seq counts 1, 2, 3 …; events applied in
// that order give the timeline. Runs over the same samples have the same
// events but for Run, Wall, Source.Origin and what Status measures.
type Event struct {
	// Stream is the id of the stream, one subject token.
	Stream string
	// Run tells one pass over the stream from another, one subject token.
	Run string
	// Seq is the event's number in its run, from 1, without holes.
	Seq uint64
	// Kind says which of the fields below are set.
	Kind Kind
	// At is how much of the stream had been heard when the event was decided.
	At Time
	// Wall is the wall-clock time of that decision.
	Wall time.Time
	// Revision counts the corrections in the run so far, this event included:
	// turns revised or withdrawn, speakers merged or identified. While it
	// stands still, no closed turn has changed.
	Revision uint64

	// Turn is the whole turn after the change, for the turn kinds.
	Turn *Turn
	// Speaker is whom a speaker kind is about.
	Speaker Speaker
	// Into is whom Speaker is merged into.
	Into Speaker
	// Name is who Speaker was found to be.
	Name string
	// Confidence is the probability that Name is right.
	Confidence float64
	// Gap is the sound that was lost.
	Gap *Gap
	// Mark is a moment that somebody has marked.
	Mark *Mark
	// Source is what a started stream listens to.
	Source *Source
	// End is why a stream ended.
	End *End
	// Status is how the publishing program fares.
	Status *Status
	// Words are words with their speakers.
	Words *Words
	// Correction is what somebody corrected after the end of the stream, and
	// what the event is a part of. Before the end there is none.
	Correction *Correction
}

// SchemaID is the $id of schema/event.schema.json.
const SchemaID = "urn:diarizer:v1:event"

// ID is the event's id in CloudEvents and in Nats-Msg-Id, run:sequence.
func (e Event) ID() string { return e.Run + ":" + strconv.FormatUint(e.Seq, 10) }

// Turn is a stretch of speech by one speaker.
type Turn struct {
	// ID is unique in its run and never used again.
	ID int `json:"id"`
	// Speaker says who, or Unknown.
	Speaker Speaker `json:"speaker"`
	// Start and End are stream times; End of an open turn is what has been
	// heard of it so far.
	Start Time `json:"start"`
	End   Time `json:"end"`
	// LogP is log P(H1), the evidence for one speaker over two, of the turn's
	// last scored utterance; NaN, null in JSON, where there is none.
	LogP Score `json:"logp"`
	// Confidence is the probability that Speaker is right.
	Confidence float64 `json:"confidence"`
	// State is provisional, final or revised.
	State State `json:"state"`
	// Of is the id of the turn that this one is a part of, where somebody has given
	// that part or what is beside it to another speaker; 0 for every other turn.
	Of int `json:"of,omitempty"`
}

// State says how far a turn may be trusted to stay as it is.
type State string

// The states of a turn: it may still change with the next second of sound, it
// has ended with its evidence complete, it had ended and was corrected since.
const (
	Provisional State = "provisional"
	Final       State = "final"
	Revised     State = "revised"
)

// Gap is sound that was lost: a device overflowed, packets did not arrive.
type Gap struct {
	Start Time `json:"start"`
	End   Time `json:"end"`
}

// Mark is a moment of a stream that a person has marked, with or without a note.
type Mark struct {
	At   Time   `json:"at"`
	Text string `json:"text,omitempty"`
}

// Source is what a stream listens to.
type Source struct {
	// Name is the recording's or device's name, the file of the RTTM.
	Name string `json:"name"`
	// Rate is the number of samples in a second of stream time, always 16000.
	Rate int `json:"rate"`
	// Origin is the wall-clock time of sample 0.
	Origin time.Time `json:"origin"`
	// Model identifies the model that decides, empty where unknown.
	Model string `json:"model,omitempty"`
	// Program is the publishing program and its version.
	Program string `json:"program,omitempty"`
}

// Reason is why a stream ended.
type Reason string

// The reasons: the recording is over, the user or the system stopped the
// program, something failed.
const (
	Finished    Reason = "finished"
	Interrupted Reason = "interrupted"
	Failed      Reason = "failed"
)

// Correction is what a person said of a stream that was over. It may lead to
// several events, all of which have it.
type Correction struct {
	// ID tells one correction from another.
	ID string `json:"id"`
	// Action is rename, merge, give, undo or mark.
	Action string `json:"action"`
	// Speaker is called Name, or was Into all along.
	Speaker Speaker `json:"speaker,omitempty"`
	Into    Speaker `json:"into,omitempty"`
	Name    string  `json:"name,omitempty"`
	// Turns are Into's, where End is not 0 only what is between Start and End.
	Turns []int `json:"turns,omitempty"`
	Start Time  `json:"start,omitempty"`
	End   Time  `json:"end,omitempty"`
}

// End is why a stream ended.
type End struct {
	Reason Reason `json:"reason"`
	// Detail says what failed, or what was not heard, in words.
	Detail string `json:"detail,omitempty"`
}

// Status is the state of the publishing program. It is measured, so it may differ
// between runs over the same samples.
type Status struct {
	// Queued counts events that the server has not acknowledged yet.
	Queued int `json:"queued"`
	// Coalesced counts provisional updates that were left out: a newer update of the same
	// turn waited with them for a slow server.
	Coalesced uint64 `json:"coalesced"`
	// Lag is how far the decisions are behind the sound, in seconds of wall
	// time.
	Lag float64 `json:"lag"`
	// Dropped counts packets of sound that were not heard because they belong to another
	// session than the current one. Then two senders use one stream, or a sender that was
	// replaced has woken up.
	Dropped uint64 `json:"dropped,omitempty"`
	// Lost counts the events that are missing from the journal of a program that died.
	// The event with this Status has the number of one of them.
	Lost uint64 `json:"lost,omitempty"`
}

// Speaker is a number that counts from 1 in order of appearance. In JSON and RTTM it is
// "S1", "S2", …, or "unknown".
type Speaker int

// Unknown is the speaker of a turn with too little evidence for anyone.
const Unknown Speaker = 0

const unknownName = "unknown"

// String returns "S1" for 1, "unknown" for 0.
func (s Speaker) String() string {
	if s == Unknown {
		return unknownName
	}
	return "S" + strconv.Itoa(int(s))
}

// MarshalText writes what String returns. Negative speakers are an error.
func (s Speaker) MarshalText() ([]byte, error) {
	if s < 0 {
		return nil, fmt.Errorf("speaker %d: expected 0 or more", int(s))
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (s *Speaker) UnmarshalText(text []byte) error {
	t := string(text)
	if t == unknownName {
		*s = Unknown
		return nil
	}
	digits, ok := strings.CutPrefix(t, "S")
	n, err := strconv.ParseInt(digits, 10, 32)
	if !ok || err != nil || n < 1 || digits[0] == '+' || digits[0] == '0' {
		return fmt.Errorf("speaker %q: expected S1, S2, … or unknown", t)
	}
	*s = Speaker(n)
	return nil
}
