// Package wordfile reads the files of speech recognisers: words with their times, or
// lines with their times. The content of a file tells its format.
//
// The package reads subtitles itself, not with github.com/asticode/go-astisub, the Go
// library for them. Version 0.34.0 of that library panics at a cue without an end, takes
// a line of 64 KiB for the end of the file without an error, and keeps only the first of
// two voices in a cue.
package wordfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/seed-7adb9000/diarizer/words"
)

// Format is the format of a transcript.
type Format string

// The formats. The three JSON formats with "segments" are told apart only for messages.
const (
	WhisperCpp Format = "whisper.cpp JSON"    // whisper-cli -oj or -ojf
	Whisper    Format = "Whisper JSON"        // openai-whisper, faster-whisper: segments, with or without words
	WhisperX   Format = "WhisperX JSON"       // segments with aligned words
	OpenAI     Format = "OpenAI verbose_json" // of the transcription service
	Diarizer   Format = "diarizer words"      // of this program
	CTM        Format = "CTM"                 // NIST's lines of words
	SRT        Format = "SRT"                 // SubRip subtitles
	WebVTT     Format = "WebVTT"
)

// expected names the formats in the error for an unknown format.
const expected = "JSON of whisper.cpp (-oj, -ojf), faster-whisper, WhisperX or OpenAI (verbose_json), CTM, SRT or WebVTT"

// Transcript is the content of a recogniser's file.
type Transcript struct {
	Format Format
	// Words are ordered by start. No time is negative, and no word ends before it starts.
	Words []words.Word
	// Notes are lines about oddities of the file, and what Read did about them.
	Notes []string
}

// maxSize is the greatest size of a file, in bytes: some hundred hours of words with
// everything that a recogniser writes about them.
const maxSize = 512 << 20

// Read reads a transcript. name stands for r in errors and notes. If a CTM file has several
// recordings, recording is the one whose words are read.
func Read(r io.Reader, name, recording string) (Transcript, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSize+1))
	if err != nil {
		return Transcript{}, fmt.Errorf("%s: %w", name, err)
	}
	if len(data) > maxSize {
		return Transcript{}, fmt.Errorf("%s: more than %d bytes: expected a transcript", name, maxSize)
	}
	text, err := decode(data, name)
	if err != nil {
		return Transcript{}, err
	}
	p := &parse{name: name, recording: recording}
	if err := p.read(text); err != nil {
		return Transcript{}, err
	}
	if len(p.words) == 0 {
		return Transcript{}, fmt.Errorf("%s: no words in this %s: expected some", name, p.format)
	}
	p.order()
	return Transcript{Format: p.format, Words: p.words, Notes: p.noted()}, nil
}

// ReadFile reads the transcript at path.
func ReadFile(path, recording string) (Transcript, error) {
	f, err := os.Open(path)
	if err != nil {
		return Transcript{}, err
	}
	defer f.Close()
	return Read(f, path, recording)
}

// parse is the state of reading one transcript.
type parse struct {
	name, recording string
	format          Format
	words           []words.Word
	notes           []note
}

// cueTimes matches the line of a subtitle with the times of its cue.
var cueTimes = regexp.MustCompile(`(?m)^[ \t]*-?\d[\d:.,]*[ \t]*-->`)

// read recognises the format of a text and reads it.
func (p *parse) read(text []byte) error {
	head := bytes.TrimSpace(text)
	switch {
	case len(head) == 0:
		return fmt.Errorf("%s: nothing in it: expected %s", p.name, expected)
	case isJSON(head):
		return p.json(text)
	case bytes.HasPrefix(head, []byte("WEBVTT")):
		p.format = WebVTT
		return p.subtitles(string(text))
	case cueTimes.Match(head[:min(len(head), 4096)]):
		p.format = SRT
		return p.subtitles(string(text))
	case looksCTM(string(head)):
		p.format = CTM
		return p.ctm(string(text))
	}
	line, _, _ := strings.Cut(string(head[:min(len(head), 400)]), "\n")
	return fmt.Errorf("%s: unknown format, it begins with %s: expected %s", p.name, quote(line), expected)
}

// quote quotes a text in a message, and shortens it.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
