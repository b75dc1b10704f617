package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Info describes a journal. It is read without taking the journal over.
type Info struct {
	// Name is the name of the journal. Size is the size of its records in bytes.
	Name string
	Size int64
	// Passed is its cursor. Waiting is the number of whole records behind the cursor.
	Passed  Cursor
	Waiting int
	// Last is the last record, passed on or not; nil if there is none.
	Last []byte
	// InUse says that a process has the journal open.
	InUse bool
	// Damage is the error that [Journal.Damage] will return.
	Damage error
}

// Inspect reads the state of a journal, which may be in use.
func Inspect(dir, name string) (Info, error) {
	info := Info{Name: name}
	path := filepath.Join(dir, name)
	data, err := os.Open(path + dataSuffix)
	if err != nil {
		return info, fmt.Errorf("journal: %w", err)
	}
	defer data.Close()
	if cursor, err := os.Open(path + cursorSuffix); err == nil {
		info.Passed, _, err = readCursor(cursor)
		if err = errors.Join(err, cursor.Close()); err != nil {
			return info, fmt.Errorf("journal: %w", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return info, fmt.Errorf("journal: %w", err)
	}
	size, err := data.Stat()
	if err != nil {
		return info, fmt.Errorf("journal: %w", err)
	}
	info.Size = size.Size()
	if info.InUse, err = inUse(path + lockSuffix); err != nil {
		return info, fmt.Errorf("journal: %w", err)
	}
	found, err := look(data, info.Size, info.Passed)
	if err != nil {
		return info, fmt.Errorf("journal: %w", err)
	}
	info.Waiting, info.Last = found.waiting, found.last
	if !info.InUse { // otherwise the end is being written
		info.Damage = found.damage(data.Name(), info.Size-found.good)
	}
	return info, nil
}

// inUse reports whether a process holds the lock. It does not create a lock file.
func inUse(path string) (bool, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	lock := flock.New(path)
	free, err := lock.TryLock()
	if err != nil || !free {
		return !free, err
	}
	return false, lock.Unlock()
}

// Remove deletes a journal in dir that no process uses; if one does, the error
// matches [ErrLocked].
func Remove(dir, name string) error {
	j, err := Open(dir, name)
	if err != nil {
		return err
	}
	return j.Remove()
}
