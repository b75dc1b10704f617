// Package rttm reads and writes NIST Rich Transcription Time Marked files, of
// which it takes the SPEAKER lines, and reads UEM files, which say what parts
// of a recording are scored.
//
// The formats are those of appendix A of the NIST RT-09 evaluation plan:
//
//	SPEAKER <file> <channel> <start> <duration> <NA> <NA> <speaker> <NA> <NA>
//	<file> <channel> <start> <end>
//
// Times are seconds from the start of the recording.
package rttm

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
)

// Segment is one SPEAKER line: who speaks from Start to End.
type Segment struct {
	// File is the recording's name, field 2, without directory or extension.
	File string
	// Channel is field 3, usually "1".
	Channel string
	// Start and End are in seconds. The file holds start and duration.
	Start, End float64
	// Speaker is field 8.
	Speaker string
}

// Region is one line of a UEM file: a part of a recording that is scored.
type Region struct {
	// File is the recording's name, as in [Segment].
	File string
	// Channel is usually "1".
	Channel string
	// Start and End are in seconds.
	Start, End float64
}

// MaxSeconds is the latest time that is read or written, some three years, so
// that sums of times in nanoseconds fit an int64.
const MaxSeconds = 1e8

// SyntaxError is a line that is not what its format says.
type SyntaxError struct {
	Name  string // the file's name, as given to Read
	Line  int    // from 1
	Field string // what the value stands for, such as "duration"
	Value string // what was found
	Want  string // what was expected
}

// Error gives file, line, value and expectation in one line.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d: %s %s: expected %s", e.Name, e.Line, e.Field, quote(e.Value), e.Want)
}

// quote shortens a value that may be a whole line of a binary file.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// RecordingName is the file field of the recording at path: its base name
// without extension, and with white space, which the format cannot hold,
// replaced by "_".
func RecordingName(path string) string {
	name := filepath.Base(path)
	if stem := strings.TrimSuffix(name, filepath.Ext(name)); stem != "" {
		name = stem
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return '_'
		}
		return r
	}, name)
}
