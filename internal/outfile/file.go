package outfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// kind is how an output is written.
type kind int

const (
	toFile   kind = iota // beside the file, then renamed
	toDevice             // as it comes: a pipe, /dev/null
	toStdout             // as it comes
)

// File is one output. What is written to it comes under another name first,
// see [File.Partial], until Commit. It is for one goroutine.
type File struct {
	set    *Set
	flag   string
	path   string // as named
	target string // without links
	kind   kind
	info   fs.FileInfo // of what was there, nil where nothing was

	w       io.WriteCloser
	partial string
	err     error // of the first write that failed
	done    Done
}

// Done is what has become of a File.
type Done struct {
	// Path is where the result lies, as the file was named: [Stdout], or empty
	// where nothing was written.
	Path string
	// Size is its length in bytes.
	Size int64
	// Partial says that Path is not what was asked for but a name that says so.
	Partial bool
	// Kept is the new name of the file that was there before, if it has one.
	Kept string
}

// Path is the file as it was named.
func (f *File) Path() string { return f.path }

// Done says what has become of the file.
func (f *File) Done() Done { return f.done }

// Write adds to the file. The first error stays.
func (f *File) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	if err := f.open(); err != nil {
		f.err = err
		return 0, err
	}
	n, err := f.w.Write(p)
	f.done.Size += int64(n)
	if err != nil {
		f.err = f.fail(cause(err), "")
	}
	return n, f.err
}

// Partial returns a path that does not exist, for who makes the file by itself:
// what lies there at Commit is the result.
func (f *File) Partial() (string, error) {
	if f.kind != toFile {
		return "", f.fail(errors.New("is no file"), "name one, which is written while it grows")
	}
	if f.partial == "" {
		w, err := create(f.target)
		if err != nil {
			return "", f.fail(cause(err), "")
		}
		if err := errors.Join(w.Close(), os.Remove(w.Name())); err != nil {
			return "", f.fail(cause(err), "")
		}
		f.partial = w.Name()
	}
	return f.partial, nil
}

// Commit makes what was written the file, empty where nothing was. What was
// there before becomes FILE.1, or the first number that is free, unless it is
// the same or the set is forced. After an error, which is an [*Error], what was
// there before is there still, and what was written lies where Done says.
func (f *File) Commit() error { return f.commit(f.set.Force) }

// CommitPart is Commit of something that was interrupted: what was there before
// is kept even if the set is forced, as it may be more.
func (f *File) CommitPart() error { return f.commit(false) }

func (f *File) commit(force bool) error {
	if f.err == nil && f.partial == "" {
		f.err = f.open() // an empty result is one too
	}
	if err := f.finish(); err != nil {
		return f.Keep(err)
	}
	if f.kind != toFile {
		f.done.Path = f.path
		return nil
	}
	err := f.size()
	if err == nil {
		err = f.replace(force)
	}
	if err != nil {
		return f.Keep(f.fail(cause(err), ""))
	}
	f.done.Path = f.path
	return nil
}

// Keep leaves what was written under its other name, because why came between.
// Where nothing was written nothing is left. What was there before stays. It
// returns why, and what went wrong besides.
func (f *File) Keep(why error) error {
	err := f.finish()
	if errors.Is(why, err) {
		err = nil
	}
	switch {
	case f.kind != toFile && f.done.Size > 0:
		f.done.Path, f.done.Partial = f.path, true
	case f.kind != toFile, f.partial == "", f.size() != nil:
	case f.done.Size == 0:
		err = errors.Join(err, os.Remove(f.partial))
	default:
		f.done.Path, f.done.Partial = f.named(f.partial), true
	}
	return errors.Join(why, err)
}

// Discard removes what was written. It does nothing after Commit or Keep.
func (f *File) Discard() {
	if f.done.Path != "" {
		return
	}
	_ = f.finish() // of no use to anybody
	if f.kind == toFile && f.partial != "" {
		_ = os.Remove(f.partial)
	}
}

// open makes the file under its other name.
func (f *File) open() (err error) {
	switch {
	case f.w != nil:
		return nil
	case f.kind == toStdout:
		f.w = keepOpen{f.set.Out}
		return nil
	case f.kind == toDevice:
		f.w, err = os.OpenFile(f.path, os.O_WRONLY, 0)
	default:
		var w *os.File
		if w, err = create(f.target); err == nil {
			f.w, f.partial = w, w.Name()
		}
	}
	if err != nil {
		return f.fail(cause(err), "")
	}
	return nil
}

type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

// finish closes what is written and returns the first error of it.
func (f *File) finish() error {
	if f.w == nil {
		return f.err
	}
	var err error
	if w, ok := f.w.(*os.File); ok && f.kind == toFile {
		err = w.Sync() // a crash must not leave the new name with nothing in it
	}
	err = errors.Join(err, f.w.Close())
	f.w = nopCloser{}
	if err != nil && f.err == nil {
		f.err = f.fail(cause(err), "")
	}
	return f.err
}

// nopCloser stands for a file that is closed.
type nopCloser struct{}

func (nopCloser) Write([]byte) (int, error) { return 0, fs.ErrClosed }
func (nopCloser) Close() error              { return nil }

// size finds how much was written, by whomever.
func (f *File) size() error {
	info, err := os.Stat(f.partial)
	if err == nil {
		f.done.Size = info.Size()
	}
	return err
}

// replace gives the result its name.
func (f *File) replace(force bool) error {
	old, err := os.Stat(f.target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !old.Mode().IsRegular():
		return errors.New("is no regular file any more")
	default:
		_ = os.Chmod(f.partial, old.Mode().Perm()) // where the file system knows of modes
		if !force {
			if err := f.backUp(); err != nil {
				return err
			}
		}
	}
	if err := os.Rename(f.partial, f.target); err != nil {
		return err
	}
	f.partial = ""
	return nil
}

// backUp gives the file that is there a second name, unless the new one is the
// same.
func (f *File) backUp() error {
	if same, err := equal(f.partial, f.target); err != nil || same {
		return err
	}
	for n := 1; ; n++ {
		name := f.target + "." + strconv.Itoa(n)
		if _, err := os.Lstat(name); err == nil || f.set.taken(name) {
			continue
		}
		err := os.Link(f.target, name)
		if errors.Is(err, fs.ErrExist) {
			continue // somebody was faster
		}
		if err != nil { // a file system without links
			err = os.Rename(f.target, name)
		}
		if err == nil {
			f.done.Kept = f.named(name)
		}
		return err
	}
}

// named is the directory of the file, or a path in it, as a person who named the
// file would name it.
func (f *File) named(path string) string {
	if target, err := filepath.Abs(f.path); err != nil || target != f.target {
		return path
	}
	if path == filepath.Dir(f.target) {
		return filepath.Dir(f.path)
	}
	return filepath.Join(filepath.Dir(f.path), filepath.Base(path))
}

// create makes a new file beside path whose name says that it is part of it.
func create(path string) (*os.File, error) {
	ext := filepath.Ext(path)
	stem := strings.TrimSuffix(path, ext)
	for n := 1; ; n++ {
		mark := ".partial"
		if n > 1 {
			mark += "-" + strconv.Itoa(n)
		}
		w, err := os.OpenFile(stem+mark+ext, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return w, err
		}
	}
}

// equal reports whether two files hold the same.
func equal(a, b string) (same bool, err error) {
	x, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer x.Close()
	y, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer y.Close()
	p, q := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		n, err1 := io.ReadFull(x, p)
		m, err2 := io.ReadFull(y, q)
		if !bytes.Equal(p[:n], q[:m]) {
			return false, nil
		}
		end1, end2 := ended(err1), ended(err2)
		if !end1 && err1 != nil || !end2 && err2 != nil {
			return false, errors.Join(err1, err2)
		}
		if end1 || end2 {
			return end1 && end2, nil
		}
	}
}

func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// Size writes a number of bytes for people.
func Size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
