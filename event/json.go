package event

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// wire is an Event as JSON has it: stream time in seconds and in samples.
type wire struct {
	Stream     string    `json:"stream"`
	Run        string    `json:"run"`
	Seq        uint64    `json:"seq"`
	Kind       Kind      `json:"kind"`
	Time       Time      `json:"time"`
	Samples    *int64    `json:"samples"`
	Wall       time.Time `json:"wall"`
	Revision   uint64    `json:"revision"`
	Turn       *Turn     `json:"turn,omitempty"`
	Speaker    Speaker   `json:"speaker,omitempty"`
	Into       Speaker   `json:"into,omitempty"`
	Name       string    `json:"name,omitempty"`
	Confidence float64   `json:"confidence,omitempty"`
	Gap        *Gap      `json:"gap,omitempty"`
	Mark       *Mark     `json:"mark,omitempty"`
	Source     *Source   `json:"source,omitempty"`
	End        *End      `json:"end,omitempty"`
	Status     *Status   `json:"status,omitempty"`
	Words      *Words    `json:"words,omitempty"`

	Correction *Correction `json:"correction,omitempty"`
}

// MarshalJSON writes the event as schema/event.schema.json has it. Wall times
// are UTC.
func (e Event) MarshalJSON() ([]byte, error) {
	samples := int64(e.At)
	return json.Marshal(wire{Stream: e.Stream, Run: e.Run, Seq: e.Seq, Kind: e.Kind,
		Time: e.At, Samples: &samples, Wall: e.Wall.UTC(), Revision: e.Revision,
		Turn: e.Turn, Speaker: e.Speaker, Into: e.Into, Name: e.Name, Confidence: e.Confidence,
		Gap: e.Gap, Mark: e.Mark, Source: e.Source, End: e.End, Status: e.Status, Words: e.Words, Correction: e.Correction})
}

// UnmarshalJSON reads an event without checking that it is complete, which
// [Decode] does. Fields that it does not know are skipped.
func (e *Event) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	if w.Samples != nil {
		w.Time = Time(*w.Samples)
	}
	*e = Event{Stream: w.Stream, Run: w.Run, Seq: w.Seq, Kind: w.Kind,
		At: w.Time, Wall: w.Wall, Revision: w.Revision,
		Turn: w.Turn, Speaker: w.Speaker, Into: w.Into, Name: w.Name, Confidence: w.Confidence,
		Gap: w.Gap, Mark: w.Mark, Source: w.Source, End: w.End, Status: w.Status, Words: w.Words, Correction: w.Correction}
	return nil
}

// Decode reads the JSON of one event and checks that it is one: its tokens,
// its times and the field that its kind promises. Unknown fields and unknown
// kinds are no error.
func Decode(data []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(data, &e); err != nil {
		return Event{}, fmt.Errorf("event %s: %w", excerpt(data), err)
	}
	if err := e.Check(); err != nil {
		return Event{}, fmt.Errorf("event %s: %w", excerpt(data), err)
	}
	return e, nil
}

// excerpt quotes the beginning of what could not be understood.
func excerpt(data []byte) string {
	const most = 80
	if len(data) > most {
		return strconv.Quote(string(data[:most])) + "…"
	}
	return strconv.Quote(string(data))
}

// Check reports what is wrong with an event: a token, a time, or that the field is
// missing which its kind promises.
func (e Event) Check() error {
	switch {
	case !ValidToken(e.Stream):
		return CheckStream(e.Stream)
	case !ValidToken(e.Run):
		return fmt.Errorf("run %q: expected 1 to %d of A-Z a-z 0-9 _ -", e.Run, maxToken)
	case !ValidToken(string(e.Kind)):
		return fmt.Errorf("kind %q: expected one such as %q", e.Kind, TurnEnded)
	case e.Seq == 0:
		return fmt.Errorf("seq 0: expected 1 or more")
	case e.At < 0 || e.At > maxTime:
		return fmt.Errorf("samples %d: expected 0 or more", e.At)
	}
	return e.checkKind()
}

// checkKind checks the part of e that its kind promises.
func (e Event) checkKind() error {
	missing := func(field string) error { return fmt.Errorf("%s without %s", e.Kind, field) }
	switch e.Kind {
	case StreamStarted:
		if e.Source == nil {
			return missing("source")
		}
	case StreamEnded:
		if e.End == nil {
			return missing("end")
		}
	case TurnStarted, TurnUpdated, TurnEnded, TurnRevised, TurnWithdrawn:
		if e.Turn == nil {
			return missing("turn")
		}
		return checkSpan("turn", e.Turn.Start, e.Turn.End)
	case SpeakerAdded, SpeakerMerged, SpeakerIdentified:
		if e.Speaker == Unknown {
			return missing("speaker")
		}
		if e.Kind == SpeakerMerged && e.Into == Unknown {
			return missing("into")
		}
		if e.Kind == SpeakerIdentified && e.Name == "" {
			return missing("name")
		}
	case GapFound:
		if e.Gap == nil {
			return missing("gap")
		}
		return checkSpan("gap", e.Gap.Start, e.Gap.End)
	case Marked:
		if e.Mark == nil {
			return missing("mark")
		}
		if e.Mark.At < 0 || e.Mark.At > maxTime {
			return fmt.Errorf("mark at %v s: expected 0 or more", e.Mark.At.Seconds())
		}
	case StatusReported:
		if e.Status == nil {
			return missing("status")
		}
	case WordsAttributed:
		if e.Words == nil {
			return missing("words")
		}
		return e.Words.check()
	}
	return nil
}

func checkSpan(what string, start, end Time) error {
	if start < 0 || end < start {
		return fmt.Errorf("%s from %v s to %v s: expected 0 ≤ start ≤ end", what, start.Seconds(), end.Seconds())
	}
	return nil
}

// Score is a log probability or a log ratio. What JSON cannot hold, NaN and
// the infinities, is written as null and read as NaN.
type Score float64

// MarshalJSON writes a number or null.
func (s Score) MarshalJSON() ([]byte, error) {
	if f := float64(s); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return json.Marshal(f)
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads a number or null.
func (s *Score) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*s = Score(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(s))
}
