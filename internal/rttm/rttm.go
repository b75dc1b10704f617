// Package rttm reads and writes NIST Rich Transcription Time Marked files, of
// which it takes the SPEAKER lines.
package rttm

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
