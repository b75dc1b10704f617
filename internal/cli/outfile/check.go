package outfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// check finds out what kind of file f is and whether it can be written.
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

// compare refuses a file that the command uses for something else.
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

// probeSize is the number of bytes that probe writes, more than a full disk takes.
const probeSize = 64 << 10

// probe writes a small file beside f and removes it.
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

// follow returns path without links: the target of a link, which need not exist, in a directory without
// links. Two paths of one file give the same result.
func follow(path string) (string, error) {
	const most = 40 // as Linux has it
	for range most {
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return filepath.Abs(path) // probe finds the error
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
