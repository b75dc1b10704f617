// Package wordfile reads what speech recognisers write: words with their times,
// or lines with theirs. Formats are recognised by their content.
//
// Subtitles are read here, not with github.com/asticode/go-astisub, the library
// for them in Go: version 0.34.0 panics at a cue whose end is missing, takes a
// line of 64 KiB for the end of the file without an error, and of two voices in a
// cue keeps the first.
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

// Format is what a transcript is written in.
type Format string

// The formats. The three of JSON that have "segments" are told apart for the
// message only.
const (
	WhisperCpp Format = "whisper.cpp JSON"    // whisper-cli -oj or -ojf
	Whisper    Format = "Whisper JSON"        // openai-whisper, faster-whisper: segments, with words or without
	WhisperX   Format = "WhisperX JSON"       // segments with aligned words
	OpenAI     Format = "OpenAI verbose_json" // of the transcription service
	Diarizer   Format = "diarizer words"      // of this program
	CTM        Format = "CTM"                 // NIST's lines of words
	SRT        Format = "SRT"                 // SubRip subtitles
	WebVTT     Format = "WebVTT"
)

// expected names the formats in the error for another one.
const expected = "JSON of whisper.cpp (-oj, -ojf), faster-whisper, WhisperX or OpenAI (verbose_json), CTM, SRT or WebVTT"

// Transcript is what a recogniser wrote.
type Transcript struct {
	Format Format
	// Words are in the order of their start. Their times are not negative and
	// in order.
	Words []words.Word
	// Notes say, a line each, what was not as expected and what was made of it.
	Notes []string
}

// maxSize bounds what is read: some hundred hours of words with everything that
// a recogniser says of them.
const maxSize = 512 << 20

// Read reads a transcript. name is what errors and notes call it. recording is
// whose words are taken where there are several recordings in one CTM file.
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

// parse is one transcript while it is read.
type parse struct {
	name, recording string
	format          Format
	words           []words.Word
	notes           []note
}

// cueTimes is the line of a subtitle that says from when to when it is shown.
var cueTimes = regexp.MustCompile(`(?m)^[ \t]*-?\d[\d:.,]*[ \t]*-->`)

// read recognises the format and reads it.
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

// quote shortens what is quoted in a message.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
