package voicefile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Erased is what was kept of somebody's voice.
type Erased struct {
	// Voices is how many there were, one of each model.
	Voices int
	// Seconds is how much speech they were of, as far as this model can tell.
	Seconds float64
	// Sources are where it came from.
	Sources []string
	// Path is the file, which has nothing of the voice any more.
	Path string
}

// Erase removes all voices of that name, those of other models too, from the file and from
// what an interrupted run may have left beside it, and reads the file again: where something
// of them is left there, that is an error.
func (f *File) Erase(name string) (Erased, error) {
	e := Erased{Path: f.path}
	var gone []person
	for _, p := range f.people {
		if p.sp.Name != name {
			continue
		}
		gone = append(gone, p)
		e.Voices++
		e.Seconds += p.sp.Stats.N / 100
		if p.sp.Source != "" && !slices.Contains(e.Sources, p.sp.Source) {
			e.Sources = append(e.Sources, p.sp.Source)
		}
	}
	if len(gone) == 0 {
		return e, f.nobody(name)
	}
	return e, f.erase(gone)
}

// erase removes people and shows that nothing of them is left.
func (f *File) erase(gone []person) error {
	f.people = slices.DeleteFunc(f.people, func(p person) bool {
		return slices.ContainsFunc(gone, func(g person) bool { return bytes.Equal(g.data, p.data) })
	})
	if err := f.Save(); err != nil {
		return err
	}
	data, err := f.read()
	if err != nil {
		return err
	}
	for _, g := range gone {
		var w struct{ Stats string }
		if err := json.Unmarshal(g.data, &w); err != nil {
			return err
		}
		if bytes.Contains(data, g.data) || w.Stats != "" && bytes.Contains(data, []byte(w.Stats)) {
			return fmt.Errorf("%s: something of the voice of %q is left: expected nothing of it after it was erased", f.path, g.sp.Name)
		}
	}
	return nil
}

// expire erases the voices whose time is over.
func (f *File) expire(now time.Time) error {
	var gone []person
	for _, p := range f.people {
		if p.sp.Expired(now) {
			gone = append(gone, p)
			f.expired = append(f.expired, p.sp.Name)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := f.erase(gone); err != nil {
		return fmt.Errorf("%s: the time of %s is over, and the voice cannot be erased: %w", f.path, strings.Join(f.expired, ", "), err)
	}
	return nil
}

// Expired are the names of those whose voices were erased when the file was opened, as their
// time was over.
func (f *File) Expired() []string { return f.expired }

// unfinished begins the names of files that are being written.
const unfinished = ".voices-"

// mostLinks is how many symbolic links in a row lead to a file that is not there yet.
const mostLinks = 32

// target returns the file that path leads to through symbolic links. The file may not be there
// yet. Of a path that is no link nothing is resolved, which some disks cannot do.
func target(path string) (string, error) {
	for range mostLinks {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, nil
		case err != nil:
			return "", err
		case info.Mode()&os.ModeSymlink == 0:
			return path, nil
		}
		to, err := filepath.EvalSymlinks(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return to, err
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(link) {
			dir, _ := filepath.Split(path) // not Join: it drops `link/..`, although link may lead elsewhere
			link = dir + link
		}
		path = link
	}
	return "", fmt.Errorf("%s: expected at most %d symbolic links in a row", path, mostLinks)
}

// replace puts a file in the place of the one before, whose bytes on the disk are
// overwritten: a file that is only removed can be found again. Beside it nothing stays of
// runs that were interrupted.
func replace(tmp, path string) error {
	old, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil || runtime.GOOS == "windows" { // which replaces no file that is open
		if err == nil {
			err = old.Close()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.Rename(tmp, path)
	}
	defer old.Close()
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return overwrite(old)
}

// overwrite overwrites a file that has no name any more.
func overwrite(f *os.File) error {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.CopyN(f, zeros{}, size); err != nil {
		return err
	}
	return f.Sync()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// sweep removes what runs have left that were interrupted while they wrote.
func sweep(dir string) error {
	all, err := os.ReadDir(dir) // and no pattern, as dir may have its characters
	for _, entry := range all {
		if !strings.HasPrefix(entry.Name(), unfinished) {
			continue
		}
		info, gone := entry.Info()
		if gone != nil || time.Since(info.ModTime()) < time.Minute {
			continue // somebody may be writing it
		}
		err = errors.Join(err, os.Remove(filepath.Join(dir, entry.Name())))
	}
	return err
}

// String says what was erased, and that nothing of it is left.
func (e Erased) String() string {
	s := "1 voice"
	if e.Voices > 1 {
		s = fmt.Sprintf("%d voices", e.Voices)
	}
	if e.Seconds > 0 {
		s += fmt.Sprintf(", %.1f s of speech", e.Seconds)
	}
	if len(e.Sources) > 0 {
		s += ", from " + strings.Join(e.Sources, ", ")
	}
	return s + "; " + e.Path + " was read again and has nothing of it"
}
