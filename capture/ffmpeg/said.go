package ffmpeg

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// said reads the standard error of ffmpeg line by line. A line has the part of ffmpeg that wrote it,
// the level, and the message.
type said struct {
	mu     sync.Mutex
	line   []byte // not complete yet
	error  string // the last one
	tracks int
	after  bool // whether the description of the input is over
	none   bool // whether the requested track does not exist
}

// longestLine bounds the bytes that are kept of a line. A file decides the content of some lines.
const longestLine = 1024

// maxTracks bounds the tracks that are counted.
const maxTracks = 1000

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(b)
	for len(b) > 0 {
		part, rest, ended := bytes.Cut(b, []byte("\n"))
		s.line = append(s.line, part[:min(len(part), longestLine-len(s.line))]...)
		if ended {
			s.read(string(s.line))
			s.line = s.line[:0]
		}
		b = rest
	}
	return n, nil
}

var soundTrack = regexp.MustCompile(`^ +Stream #0:\d+[^ ]*: Audio: `)

// read takes one line.
func (s *said) read(line string) {
	if text, ok := strings.CutPrefix(line, "[info] "); ok {
		switch {
		case strings.HasPrefix(text, "Stream mapping"), strings.HasPrefix(text, "Output #0"):
			s.after = true
		case !s.after && s.tracks < maxTracks && soundTrack.MatchString(text):
			s.tracks++
		}
		return
	}
	for _, level := range []string{"[error] ", "[fatal] ", "[panic] "} {
		where, text, ok := strings.Cut(line, level)
		if ok && (where == "" || strings.HasSuffix(where, "] ")) {
			s.complain(strings.TrimSpace(text))
			return
		}
	}
}

// complain keeps the latest complaint. It drops the one that only follows from the complaint before:
// that the input cannot be opened.
func (s *said) complain(text string) {
	s.none = s.none || strings.Contains(text, "matches no streams")
	follows := strings.HasPrefix(text, "Error opening input")
	for _, name := range []string{"file:", "pipe:0:"} {
		if strings.HasPrefix(text, name) {
			follows = true
			text = strings.TrimSpace(text[strings.LastIndex(text, ":")+1:])
		}
	}
	if text != "" && !(follows && s.error != "") {
		s.error = text
	}
}

// complaint is the last error, empty if there is none.
func (s *said) complaint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.error
}

// noTrack reports whether ffmpeg did not find the sound track that it was told to take.
func (s *said) noTrack() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.none
}

// soundTracks is how many sound tracks ffmpeg has reported.
func (s *said) soundTracks() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tracks
}
