package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// ReadLines reads an RTTM file. The error for a recording in its place has the command that makes an
// RTTM file of it.
func ReadLines(path string) ([]rttm.Segment, error) {
	segments, err := rttm.ReadFile(path)
	if err == nil {
		return segments, nil
	}
	if is, failed := capture.IsRecording(path); failed != nil || !is {
		return nil, err
	}
	return nil, DiarizeFirst(path)
}

// DiarizeFirst is the error for a recording where a file of turns was expected.
func DiarizeFirst(path string) error {
	lines := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) + ".rttm"
	return InputError("%s is a recording: diarize it first: diarizer run --out %s %s", path, Quoted(lines), Quoted(path))
}

// Quoted is a word as a shell reads it, in quotes if it needs them.
func Quoted(word string) string {
	if !strings.ContainsAny(word, " \t\n\"'\\$&;|<>()*?[]#~`!") {
		return word
	}
	return fmt.Sprintf("'%s'", strings.ReplaceAll(word, "'", `'\''`))
}
