package outfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// replace gives the result its final name.
func (f *File) replace(force bool) error {
	old, err := os.Stat(f.target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !old.Mode().IsRegular():
		return errors.New("is no regular file any more")
	default:
		_ = os.Chmod(f.partial, old.Mode().Perm()) // fails on file systems without modes
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

// backUp gives the older file a second name, unless the new one has the same content.
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
			continue // another process was faster
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

// named is the directory of the file, or a path in it, relative to the directory that the user named.
func (f *File) named(path string) string {
	if target, err := filepath.Abs(f.path); err != nil || target != f.target {
		return path
	}
	if path == filepath.Dir(f.target) {
		return filepath.Dir(f.path)
	}
	return filepath.Join(filepath.Dir(f.path), filepath.Base(path))
}

// create makes a new file beside path, whose name says that it is a part.
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

// equal reports whether two files have the same content.
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
