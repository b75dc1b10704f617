package natsd

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"
)

const (
	tempPrefix = "diarizer-nats-"
	// tempLock is the file in a temporary directory that its server holds locked.
	tempLock = "lock"
	// settled is the age at which the server of a temporary directory has locked it.
	settled = time.Minute
)

var isTemp = regexp.MustCompile("^" + tempPrefix + "[0-9]+$")

// tempDir is a temporary directory for streams. No other process removes it while this one lives.
type tempDir struct {
	path string
	lock *flock.Flock
}

// newTemp makes a temporary directory, and removes those of processes that were killed.
func newTemp() (*tempDir, error) {
	sweep(os.TempDir(), time.Now().Add(-settled))
	path, err := os.MkdirTemp("", tempPrefix)
	if err != nil {
		return nil, err
	}
	d := &tempDir{path, flock.New(filepath.Join(path, tempLock))}
	if locked, err := d.lock.TryLock(); err != nil || !locked {
		// Not every file system has locks. Without the file, nobody sweeps the directory.
		err = os.Remove(d.lock.Path())
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, errors.Join(err, d.remove())
		}
	}
	return d, nil
}

// remove removes the directory. It closes the lock first: some systems do not remove an open file.
func (d *tempDir) remove() error { return errors.Join(d.lock.Unlock(), os.RemoveAll(d.path)) }

// sweep removes from dir the temporary directories of this user that no process has locked, and that have
// not changed since the time before. What cannot be removed stays for the next server.
func sweep(dir string, before time.Time) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.IsDir() || !isTemp.MatchString(e.Name()) || !ownedByUser(info) || info.ModTime().After(before) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		// A directory without the file is that of a program that does not lock it.
		d := &tempDir{path, flock.New(filepath.Join(path, tempLock), flock.SetFlag(os.O_RDWR))}
		if locked, err := d.lock.TryLock(); err == nil && locked {
			_ = d.remove()
		}
	}
}
