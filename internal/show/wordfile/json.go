package wordfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-7adb9000/diarizer/words"
)

// document has the fields that are read of the JSON of all recognisers.
type document struct {
	Schema        string         `json:"schema"` // of this program
	Task          string         `json:"task"`   // of OpenAI
	Text          string         `json:"text"`
	Words         []jsonWord     `json:"words"`
	Segments      []jsonSegment  `json:"segments"`
	WordSegments  []jsonWord     `json:"word_segments"` // of WhisperX, all words again
	Transcription *[]jsonSegment `json:"transcription"` // of whisper.cpp
}

// jsonSegment is a segment. Its times are numbers of seconds or, in whisper.cpp, offsets in
// milliseconds.
type jsonSegment struct {
	Start   *float64    `json:"start"`
	End     *float64    `json:"end"`
	Text    string      `json:"text"`
	Offsets *jsonOffset `json:"offsets"`
	// Words are objects, or indices of all words. Tokens are objects, or numbers.
	Words  objects[jsonWord]  `json:"words"`
	Tokens objects[jsonToken] `json:"tokens"`
}

type jsonOffset struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

type jsonWord struct {
	Word        string   `json:"word"`
	Text        string   `json:"text"`
	Start       *float64 `json:"start"`
	End         *float64 `json:"end"`
	Probability *float64 `json:"probability"` // Whisper
	Score       *float64 `json:"score"`       // WhisperX
	Confidence  *float64 `json:"confidence"`  // this program
	Estimated   bool     `json:"estimated"`   // this program
}

type jsonToken struct {
	Text    string      `json:"text"`
	Offsets *jsonOffset `json:"offsets"`
	P       float64     `json:"p"`
}

// objects is a list of objects. A list of anything else is read as an empty list.
type objects[T any] []T

func (o *objects[T]) UnmarshalJSON(data []byte) error {
	inside := bytes.TrimSpace(bytes.TrimPrefix(bytes.TrimSpace(data), []byte("[")))
	if !bytes.HasPrefix(inside, []byte("{")) {
		return nil
	}
	return json.Unmarshal(data, (*[]T)(o))
}

// json reads any of the formats in JSON.
func (p *parse) json(data []byte) error {
	var doc document
	var err error
	if bytes.TrimSpace(data)[0] == '[' {
		err = json.Unmarshal(data, &doc.Segments)
	} else {
		err = json.Unmarshal(data, &doc)
	}
	if err != nil {
		return p.jsonError(data, err)
	}
	if doc.Transcription == nil {
		if at := invalid(data); at >= 0 {
			return fmt.Errorf("%s:%d: byte 0x%02x: expected JSON in UTF-8", p.name, lineAt(data, at), data[at])
		}
	}
	aligned := false
	for _, s := range doc.Segments {
		aligned = aligned || len(s.Words) > 0
	}
	switch {
	case doc.Transcription != nil:
		p.format = WhisperCpp
		return p.whisperCpp(*doc.Transcription)
	case doc.Schema != "" && doc.Words != nil:
		p.format = Diarizer
		return p.wordList(doc.Words, "words", nothing, nothing)
	case aligned || len(doc.Segments) > 0 && len(doc.Words) == 0:
		p.format = Whisper
		switch {
		case doc.WordSegments != nil:
			p.format = WhisperX
		case doc.Task != "":
			p.format = OpenAI
		}
		return p.segments(doc.Segments)
	case len(doc.Words) > 0:
		p.format = OpenAI
		return p.openAI(doc)
	case doc.Segments != nil || doc.Words != nil:
		p.format = Whisper
		return nil // a valid file without words
	}
	return fmt.Errorf("%s: JSON without \"segments\", \"words\" or \"transcription\": expected %s", p.name, expected)
}

// nothing is an unknown time.
const nothing = time.Duration(-1)

// segments reads segments by their words or, if a segment has none, by its text.
func (p *parse) segments(list []jsonSegment) error {
	var lines []line
	for i, s := range list {
		where := fmt.Sprintf("segment %d", i+1)
		start, end, err := p.span(s.Start, s.End, where)
		if err != nil {
			return err
		}
		switch {
		case len(s.Words) > 0:
			if err := p.wordList(s.Words, where, start, end); err != nil {
				return err
			}
		case start == nothing || end == nothing:
			if strings.TrimSpace(s.Text) != "" {
				return fmt.Errorf("%s: %s, %s: no start and end: expected both", p.name, where, quote(s.Text))
			}
		default:
			lines = append(lines, line{text: s.Text, start: start, end: end})
		}
	}
	p.addLines(lines)
	return nil
}

// span reads a start and an end. Either may be missing.
func (p *parse) span(from, to *float64, where string) (start, end time.Duration, err error) {
	start, end = nothing, nothing
	if from != nil {
		if start, err = seconds(*from); err != nil {
			return 0, 0, fmt.Errorf("%s: %s: start %w", p.name, where, err)
		}
	}
	if to != nil {
		if end, err = seconds(*to); err != nil {
			return 0, 0, fmt.Errorf("%s: %s: end %w", p.name, where, err)
		}
	}
	if start != nothing && end != nothing && end < start {
		return 0, 0, fmt.Errorf("%s: %s: from %v to %v: expected an end not before the start", p.name, where, start, end)
	}
	return start, end, nil
}

// wordList reads the words of a segment from start to end, or all words of a file. Words
// without times share the time between their neighbours.
func (p *parse) wordList(list []jsonWord, segment string, start, end time.Duration) error {
	var own []words.Word
	for i, j := range list {
		text := strings.TrimSpace(j.Word + j.Text)
		where := fmt.Sprintf("%s, word %d %s", segment, i+1, quote(text))
		from, to, err := p.span(j.Start, j.End, where)
		if err != nil {
			return err
		}
		if clutter(text) {
			continue
		}
		w := words.Word{Text: text, Start: from, End: to, Estimated: j.Estimated, Break: len(own) == 0}
		for _, c := range []*float64{j.Probability, j.Score, j.Confidence} {
			if c != nil && *c >= 0 && *c <= 1 {
				w.Confidence = *c
			}
		}
		if from == nothing || to == nothing {
			p.note("without times", "they share the time between their neighbours", where)
		}
		own = append(own, w)
	}
	if err := fill(own, start, end); err != nil {
		return fmt.Errorf("%s: %s: %w", p.name, segment, err)
	}
	for _, w := range own {
		p.words = append(p.words, split(w)...)
	}
	return nil
}

// fill gives words without times the time between their neighbours.
func fill(list []words.Word, start, end time.Duration) error {
	missing := func(w words.Word) bool { return w.Start == nothing || w.End == nothing }
	for i := 0; i < len(list); i++ {
		if !missing(list[i]) {
			continue
		}
		to := i + 1
		for to < len(list) && missing(list[to]) {
			to++
		}
		from, until := start, end
		if i > 0 {
			from = list[i-1].End
		}
		if to < len(list) {
			until = list[to].Start
		}
		switch {
		case from == nothing && until == nothing:
			return errors.New("no word has times: expected start and end")
		case from == nothing:
			from = until
		case until == nothing:
			until = from
		}
		divide(list[i:to], min(from, until), max(from, until))
		i = to
	}
	return nil
}

// split cuts a word that is several words.
func split(w words.Word) []words.Word {
	texts := pieces(w.Text)
	if len(texts) == 1 {
		return []words.Word{w}
	}
	list := make([]words.Word, len(texts))
	for i, t := range texts {
		list[i] = w
		list[i].Text, list[i].Break = t, w.Break && i == 0
	}
	divide(list, w.Start, w.End)
	return list
}

// openAI reads words, the text that has their punctuation, and the segments that say where
// lines begin, if there are any.
func (p *parse) openAI(doc document) error {
	if err := p.wordList(doc.Words, "words", nothing, nothing); err != nil {
		return err
	}
	texts := pieces(doc.Text)
	if len(texts) == len(p.words) {
		for i, t := range texts {
			if bare(t) == bare(p.words[i].Text) {
				p.words[i].Text = t
			}
		}
	}
	i := 0
	for _, s := range doc.Segments {
		for ; s.Start != nil && i < len(p.words); i++ {
			if p.words[i].Start.Seconds() >= *s.Start-0.005 { // times are rounded to hundredths
				p.words[i].Break = true
				break
			}
		}
	}
	return nil
}
