// Package outfile writes the files that a command leaves behind. It finds out
// before the command begins whether each of them can be written and would not
// take the place of something that the command reads. It writes beside the file
// and renames at the end, so that an older result stays until there is a newer
// one, which keeps it under another name.
package outfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

// check finds what f is and whether it can be written.
func (f *File) check() error {
	if f.path == "" {
		return f.fail(errors.New("has no name"), "name a file, or - for standard output")
	}
	if f.path == Stdout || f.path == "/dev/stdout" {
		return f.checkStdout()
	}
	info, err := os.Stat(f.path)
	switch {
	case err == nil && info.IsDir():
		return f.fail(errors.New("is a directory"), "name a file in it")
	case err == nil && !info.Mode().IsRegular():
		f.kind, f.info = toDevice, info
		return f.compare()
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return f.fail(cause(err), "")
	case err == nil:
		f.info = info
	}
	if f.target, err = follow(f.path); err != nil {
		return f.fail(cause(err), "")
	}
	if err := f.compare(); err != nil {
		return err
	}
	if f.info != nil {
		if err := writable(f.target); err != nil {
			return f.fail(cause(err), "name another file, or remove it")
		}
	}
	return f.probe()
}

func (f *File) checkStdout() error {
	f.kind, f.path = toStdout, Stdout
	if f.set.Out == nil {
		return f.fail(errors.New("standard output has another use here"), "name a file")
	}
	for _, g := range f.set.files {
		if g.kind == toStdout {
			return f.fail(fmt.Errorf("standard output is %s's already", g.flag), "name a file")
		}
	}
	return nil
}

// compare refuses what the command uses for something else.
func (f *File) compare() error {
	if f.info != nil && f.info.Mode()&fs.ModeCharDevice != 0 {
		return nil // such as /dev/null
	}
	for _, o := range f.set.others {
		if f.info != nil && os.SameFile(f.info, o.info) {
			return f.fail(fmt.Errorf("is %s", o), "name another file")
		}
	}
	for _, g := range f.set.files {
		if g.kind == toStdout {
			continue
		}
		if f.target == g.target || f.info != nil && g.info != nil && os.SameFile(f.info, g.info) {
			return f.fail(fmt.Errorf("is what %s %s writes", g.flag, g.path), "name another file")
		}
	}
	return nil
}

// probeSize is more than a full disk takes.
const probeSize = 64 << 10

// probe writes a little beside the file and removes it.
func (f *File) probe() error {
	dir := filepath.Dir(f.target)
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return f.fail(fmt.Errorf("there is no directory %s", f.named(dir)), "make it, or name another")
	case err != nil:
		return f.fail(cause(err), "")
	case !info.IsDir():
		return f.fail(fmt.Errorf("%s is no directory", f.named(dir)), "")
	}
	w, err := create(f.target)
	if err != nil {
		return f.fail(fmt.Errorf("directory %s: %w", f.named(dir), cause(err)), "name a file where you may write")
	}
	_, err = w.Write(bytes.Repeat([]byte{0}, probeSize))
	err = errors.Join(err, w.Close())
	if err = errors.Join(err, os.Remove(w.Name())); err != nil {
		return f.fail(cause(err), "")
	}
	return nil
}

// writable opens an existing file for writing and leaves it as it is.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// follow returns the file that path stands for: what a link points to, which
// need not exist, in a directory without links. Two ways to one file give one
// result.
func follow(path string) (string, error) {
	const most = 40 // as Linux has it
	for range most {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return filepath.Abs(path) // said when it is probed
			}
			return "", err
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return "", err
		}
		path = filepath.Join(dir, filepath.Base(path))
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(dir, to)
		}
		path = to
	}
	return "", errors.New("more than 40 links")
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
