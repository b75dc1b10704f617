package saved

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/seed-7adb9000/diarizer/event"
)

// ErrBusy is matched by the error for a stream whose session goes on in another process.
var ErrBusy = errors.New("the session goes on in another process")

// locked ends the name of the lock file that a process holds while its session goes on.
// Sweep removes the lock files of old sessions.
const locked = ".lock"

// Lock locks the session of a stream until release is called or the process ends, so that
// two processes never write one session. If another process has the lock, the error matches
// ErrBusy.
func (d Dir) Lock(stream string) (release func() error, err error) {
	if err := event.CheckStream(stream); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(string(d), stream+locked))
	switch ok, err := l.TryLock(); {
	case err != nil:
		return nil, fmt.Errorf("session %s: %w", stream, err)
	case !ok:
		return nil, fmt.Errorf("%w: %s", ErrBusy, stream)
	}
	return l.Unlock, nil
}

// unlocked removes a lock file that no process holds. It closes the file first: some
// systems do not remove an open file.
func unlocked(path string) error {
	l := flock.New(path)
	ok, err := l.TryLock()
	if err != nil || !ok {
		return err
	}
	return errors.Join(l.Unlock(), os.Remove(path))
}
