package export

import (
	"encoding/json"
	"io"
	"math"
	"slices"
	"time"

	"github.com/seed-7adb9000/diarizer/words"
)

// TranscriptSchemaID is the $id of schema/transcript.schema.json.
const TranscriptSchemaID = "urn:diarizer:v1:transcript"

// The document of schema/transcript.schema.json. Times are in seconds.
type (
	wordsDocument struct {
		Schema    string        `json:"schema"`
		Recording string        `json:"recording,omitempty"`
		Clock     wordsClock    `json:"clock"`
		Speakers  []wordSpeaker `json:"speakers"`
		Segments  []wordSegment `json:"segments"`
		Words     []wordJSON    `json:"words"`
	}
	wordsClock struct {
		Offset float64 `json:"offset"`
		Drift  float64 `json:"drift"`
	}
	wordSpeaker struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Words int    `json:"words"`
	}
	wordSegment struct {
		Speaker string  `json:"speaker"`
		Start   float64 `json:"start"`
		End     float64 `json:"end"`
		Text    string  `json:"text"`
		Words   []int   `json:"words"`
	}
	wordJSON struct {
		Text        string  `json:"text"`
		Start       float64 `json:"start"`
		End         float64 `json:"end"`
		Speaker     string  `json:"speaker"`
		Probability float64 `json:"probability"`
		Confidence  float64 `json:"confidence,omitempty"`
		Estimated   bool    `json:"estimated,omitempty"`
	}
)

// writeWordJSON writes words, segments and speakers. Speakers are ordered by their first
// word.
func writeWordJSON(w io.Writer, t Transcript) error {
	doc := wordsDocument{Schema: TranscriptSchemaID, Recording: t.Source.Name,
		Clock:    wordsClock{float64(ms(t.Clock.Offset)) / 1000, t.Clock.Drift},
		Speakers: []wordSpeaker{}, Segments: []wordSegment{}, Words: []wordJSON{}}
	// Segments has copies of the words, in order for each speaker.
	next := map[string][]int{}
	for i, s := range t.Words {
		doc.Words = append(doc.Words, wordJSON{printable(s.Text), inSeconds(s.Start), inSeconds(s.End), id(s.Speaker),
			math.Round(s.Probability*1000) / 1000, s.Confidence, s.Estimated})
		next[s.Speaker] = append(next[s.Speaker], i)
		at := slices.IndexFunc(doc.Speakers, func(k wordSpeaker) bool { return k.ID == id(s.Speaker) })
		if at < 0 {
			at = len(doc.Speakers)
			doc.Speakers = append(doc.Speakers, wordSpeaker{ID: id(s.Speaker), Name: t.name(s.Speaker)})
		}
		doc.Speakers[at].Words++
	}
	for _, s := range words.Segments(t.Words) {
		own := next[s.Speaker]
		doc.Segments = append(doc.Segments, wordSegment{id(s.Speaker), inSeconds(s.Start), inSeconds(s.End), printable(s.Text()), own[:len(s.Words)]})
		next[s.Speaker] = own[len(s.Words):]
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

// inSeconds rounds to milliseconds.
func inSeconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }
