// Package outfile writes the files that a command leaves behind. It finds out
// before the command begins whether each of them can be written and would not
// take the place of something that the command reads. It writes beside the file
// and renames at the end, so that an older result stays until there is a newer
// one, which keeps it under another name.
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

// Set is all files of one command. The zero value refuses standard output.
type Set struct {
	// Force gives up the file that was there instead of keeping it as FILE.1.
	Force bool
	// Out is what [Stdout] means.
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

// Error is a file that cannot be written.
type Error struct {
	// Flag is what named the file, such as "--rttm".
	Flag string
	// Path is the file as it was named.
	Path string
	// Err is what was found.
	Err error
	// Hint says what to do, empty where that is plain.
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

// Input says that the command reads the file at path, which what names, such as
// "a recording". A path that is no regular file is of no interest. An output
// that was added before and is the same file is an [*Error].
func (s *Set) Input(what, path string) error {
	if path == "" || path == Stdout {
		return nil
	}
	info, err := os.Stat(path) // behind links
	if err != nil || info.IsDir() || info.Mode()&fs.ModeCharDevice != 0 {
		return nil // what cannot be read is said by who reads it
	}
	s.others = append(s.others, other{what, path, info})
	for _, f := range s.files {
		if f.info != nil && os.SameFile(f.info, info) {
			return f.fail(fmt.Errorf("is %s", s.others[len(s.others)-1]), "name another file")
		}
	}
	return nil
}

// Stream says that w takes what the command prints. Where w was redirected to a
// file, that file is no place for anything else.
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

// Add checks that the file at path can be written, which flag asks for. The
// error is an [*Error]: the directory is not there, nothing can be written to
// it, or the file is a directory, an input, an output already or protected.
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

// Discard gives up all files of which nothing has become, for a command that
// ends before it has begun.
func (s *Set) Discard() {
	for _, f := range s.files {
		f.Discard()
	}
}

// taken reports whether an output will have that path.
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

// cause leaves out the path of a system error, which may be one that nobody has
// named.
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
