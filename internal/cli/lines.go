package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// ReadLines reads an RTTM file. A recording in its place is answered with what
// makes lines of it.
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

// DiarizeFirst is the error of a recording where who spoke when was expected.
func DiarizeFirst(path string) error {
	lines := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)) + ".rttm"
	return InputError("%s is a recording: diarize it first: diarizer run --out %s %s", path, Quoted(lines), Quoted(path))
}

// Quoted is a word for a shell.
func Quoted(word string) string {
	if !strings.ContainsAny(word, " \t\n\"'\\$&;|<>()*?[]#~`!") {
		return word
	}
	return fmt.Sprintf("'%s'", strings.ReplaceAll(word, "'", `'\''`))
}
