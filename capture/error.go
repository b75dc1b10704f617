package capture

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Error is an error of one source of sound. It fits on one line.
type Error struct {
	// Op is the operation that failed: "open", "read" or "record".
	Op string
	// Path names the file or device.
	Path string
	// Cause says what was found and what was expected. It wraps one of the errors of
	// package pcm, or an error of the operating system.
	Cause error
	// Hint says what the user can do about the error. It may be empty.
	Hint string
}

func (e *Error) Error() string {
	s := e.Op + " " + e.Path + ": " + e.Cause.Error()
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// systemError wraps an error of the operating system, without the path that it has already, and
// adds a hint.
func systemError(op, path string, err error) error {
	e := &Error{Op: op, Path: path, Cause: err}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		e.Cause = pe.Err
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		e.Hint = "check the path"
		// A recording that was interrupted has a name that says so.
		ext := filepath.Ext(path)
		part := strings.TrimSuffix(path, ext) + ".partial" + ext
		if _, err := os.Stat(part); err == nil {
			e.Hint = "what was recorded until it was interrupted is in " + part
		}
	case errors.Is(err, os.ErrPermission):
		e.Hint = "make it readable"
	}
	return e
}
