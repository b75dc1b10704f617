// Package outfile writes the files that a command leaves behind. Before the command begins, it finds
// out whether each file can be written and is none that the command reads. It writes to a file beside
// the result and renames it at the end, so that an older result stays until the newer one is complete.
// The older result is then kept under another name.
package outfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// Stdout is the path that means standard output.
const Stdout = "-"

// Set has the files of one command. The zero value refuses standard output.
type Set struct {
	// Force gives up the file that was there instead of keeping it as FILE.1.
	Force bool
	// Out is the writer for [Stdout].
	Out io.Writer

	others []other
	files  []*File
}

// other is a file that the command uses for something else.
type other struct {
	what string
	path string
	info fs.FileInfo
}

// Error says that a file cannot be written.
type Error struct {
	// Flag is the flag or command that named the file, such as "--rttm".
	Flag string
	// Path is the file as it was named.
	Path string
	// Err is what was found.
	Err error
	// Hint says what to do, empty where that is obvious.
	Hint string
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s %s: %v", e.Flag, e.Path, e.Err)
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Input adds a file that the command reads. what names it in errors, such as "a recording". A path that
// is no regular file is ignored. It is an [*Error] if an output that was added before is the same file.
func (s *Set) Input(what, path string) error {
	if path == "" || path == Stdout {
		return nil
	}
	info, err := os.Stat(path) // behind links
	if err != nil || info.IsDir() || info.Mode()&fs.ModeCharDevice != 0 {
		return nil // the reader of the file finds the error
	}
	s.others = append(s.others, other{what, path, info})
	for _, f := range s.files {
		if f.info != nil && os.SameFile(f.info, info) {
			return f.fail(fmt.Errorf("is %s", s.others[len(s.others)-1]), "name another file")
		}
	}
	return nil
}

// Stream adds a writer to which the command prints. If w was redirected to a file, that file cannot be
// an output.
func (s *Set) Stream(what string, w io.Writer) {
	f, ok := w.(*os.File)
	if !ok {
		return
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		s.others = append(s.others, other{what, "", info})
	}
}

func (o other) String() string {
	if o.path == "" {
		return o.what
	}
	return fmt.Sprintf("%s, %s", o.what, o.path)
}

// Add adds the output at path, which flag asks for, and checks that it can be written. The error is an
// [*Error]: the directory does not exist or cannot be written to, or the file is a directory, an input,
// another output or protected.
func (s *Set) Add(flag, path string) (*File, error) {
	f := &File{set: s, flag: flag, path: path, target: path}
	if err := f.check(); err != nil {
		return nil, err
	}
	s.files = append(s.files, f)
	return f, nil
}

// TakesStdout reports whether an output goes to standard output.
func (s *Set) TakesStdout() bool {
	for _, f := range s.files {
		if f.kind == toStdout {
			return true
		}
	}
	return false
}

// Files are the outputs in the order in which they were added.
func (s *Set) Files() []*File { return s.files }

// Discard gives up all files that were not committed or kept, for a command that ends before it has
// begun.
func (s *Set) Discard() {
	for _, f := range s.files {
		f.Discard()
	}
}

// taken reports whether an output has that path.
func (s *Set) taken(path string) bool {
	for _, f := range s.files {
		if f.kind == toFile && f.target == path {
			return true
		}
	}
	return false
}

// fail makes an error about f.
func (f *File) fail(err error, hint string) error {
	return &Error{Flag: f.flag, Path: f.path, Err: err, Hint: hint}
}

// cause is a system error without its path, which may be one that the user has not named.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		err = l.Err
	}
	if runtime.GOOS != "windows" && errors.Is(err, fs.ErrPermission) {
		return fs.ErrPermission
	}
	return err
}
