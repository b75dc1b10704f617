package export

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// document is all that is known of several streams. Times and lengths are in seconds.
type document struct {
	Streams []streamJSON `json:"streams"`
}

type streamJSON struct {
	Stream   string        `json:"stream"`
	Run      string        `json:"run,omitempty"`
	Source   sourceJSON    `json:"source"`
	Heard    event.Time    `json:"heard"`
	End      *event.End    `json:"end,omitempty"` // nil while the stream goes on
	Speakers []speakerJSON `json:"speakers"`
	Turns    []turnJSON    `json:"turns"`

	Marks []event.Mark `json:"marks,omitempty"` // the moments that people have marked
}

type sourceJSON struct {
	Name    string     `json:"name"`
	Origin  *time.Time `json:"origin,omitempty"`
	Model   string     `json:"model,omitempty"`
	Program string     `json:"program,omitempty"`
}

// speakerJSON is the figures of one speaker, from package talk.
type speakerJSON struct {
	Name    string  `json:"name"`
	Talk    float64 `json:"talk"`
	Share   float64 `json:"share"`
	Turns   int     `json:"turns"`
	Longest float64 `json:"longest"`
}

// turnJSON is a turn. A turn without a score has no confidence.
type turnJSON struct {
	ID         int           `json:"id"`
	Speaker    event.Speaker `json:"speaker"`
	Name       string        `json:"name"`
	Start      event.Time    `json:"start"`
	End        event.Time    `json:"end"`
	Confidence float64       `json:"confidence,omitempty"`
	State      event.State   `json:"state"`
}

// writeJSON writes one document.
func writeJSON(w io.Writer, timelines []*event.Timeline) error {
	doc := document{Streams: []streamJSON{}}
	for _, t := range timelines {
		doc.Streams = append(doc.Streams, streamOf(t))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(doc)
}

func streamOf(t *event.Timeline) streamJSON {
	src := t.Source()
	s := streamJSON{Stream: t.Stream(), Run: t.Run(), Heard: t.At(), End: t.Ended(),
		Source:   sourceJSON{Name: src.Name, Model: src.Model, Program: src.Program},
		Speakers: []speakerJSON{}, Turns: []turnJSON{}}
	if !src.Origin.IsZero() {
		s.Source.Origin = &src.Origin
	}
	for _, p := range talk.Summarise(talk.Segments(t)).Speakers {
		s.Speakers = append(s.Speakers, speakerJSON{p.Name, thousandths(p.Talk), thousandths(p.Share), p.Turns, thousandths(p.Longest.Length())})
	}
	s.Marks = t.Marks()
	for _, turn := range t.Turns() {
		if turn.Start == turn.End {
			continue
		}
		s.Turns = append(s.Turns, turnJSON{turn.ID, turn.Speaker, t.Name(turn.Speaker), turn.Start, turn.End, turn.Confidence, turn.State})
	}
	return s
}

// thousandths rounds as package rttm does.
func thousandths(x float64) float64 { return math.Round(x*1000) / 1000 }
