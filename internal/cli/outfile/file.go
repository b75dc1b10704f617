package outfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// kind is how an output is written.
type kind int

const (
	toFile   kind = iota // beside the file, then renamed
	toDevice             // as it comes: a pipe, /dev/null
	toStdout             // as it comes
)

// File is one output. Until Commit, its content is in a file of another name, see [File.Partial]. A
// File is for one goroutine.
type File struct {
	set    *Set
	flag   string
	path   string // as named
	target string // without links
	kind   kind
	info   fs.FileInfo // of the older file, nil if there was none

	w       io.WriteCloser
	partial string
	err     error // of the first write that failed
	done    Done
}

// Done is the result of writing a File.
type Done struct {
	// Path is the path of the result, relative if the file was named so. It is [Stdout] for
	// standard output and empty if nothing was written.
	Path string
	// Size is its length in bytes.
	Size int64
	// Partial says that the result is a part, and Path a name that says so.
	Partial bool
	// Kept is the new name of the older file, empty if none is kept.
	Kept string
}

// Path is the file as it was named.
func (f *File) Path() string { return f.path }

// Regular reports whether the output is a file that can be written again, and not standard
// output, a pipe or a device.
func (f *File) Regular() bool { return f.kind == toFile }

// Done returns the result of writing the file.
func (f *File) Done() Done { return f.done }

// Write adds to the file. After an error, it returns the same error again.
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

// Partial returns a path that does not exist, for a writer that creates the file itself. The file at
// that path becomes the result at Commit.
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

// Commit gives the written content its final name. Without a Write, the file is empty. An older file
// becomes FILE.1, or the first number that is free, unless its content is the same or the set is
// forced. After an error, which is an [*Error], the older file is still there, and Done says where the
// written content is.
func (f *File) Commit() error { return f.commit(f.set.Force) }

// CommitPart is Commit for an interrupted command. It keeps an older file even if the set is forced,
// as the older file may have more.
func (f *File) CommitPart() error { return f.commit(false) }

func (f *File) commit(force bool) error {
	if f.err == nil && f.partial == "" {
		f.err = f.open() // an empty result is a result
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

// Keep leaves the written content under its partial name, because of the error why. If nothing was
// written, nothing is left. The older file stays. Keep returns why, joined with the errors of keeping.
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

// Discard removes the written content. It does nothing after Commit or Keep.
func (f *File) Discard() {
	if f.done.Path != "" {
		return
	}
	_ = f.finish() // an error does not matter, as the file is removed
	if f.kind == toFile && f.partial != "" {
		_ = os.Remove(f.partial)
	}
}

// open creates the file under its partial name.
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

// finish closes the written file and returns the first error of writing.
func (f *File) finish() error {
	if f.w == nil {
		return f.err
	}
	var err error
	if w, ok := f.w.(*os.File); ok && f.kind == toFile {
		err = w.Sync() // so that a crash does not leave an empty file under the final name
	}
	err = errors.Join(err, f.w.Close())
	f.w = nopCloser{}
	if err != nil && f.err == nil {
		f.err = f.fail(cause(err), "")
	}
	return f.err
}

// nopCloser stands for a file that another process has closed.
type nopCloser struct{}

func (nopCloser) Write([]byte) (int, error) { return 0, fs.ErrClosed }
func (nopCloser) Close() error              { return nil }

// size finds the size of the written file, whichever process wrote it.
func (f *File) size() error {
	info, err := os.Stat(f.partial)
	if err == nil {
		f.done.Size = info.Size()
	}
	return err
}

// Size is a number of bytes as text for people.
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
