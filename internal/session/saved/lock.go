package saved

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/seed-7adb9000/diarizer/event"
)

// ErrBusy is matched by the error for a stream that another process goes on with.
var ErrBusy = errors.New("the session goes on in another process")

// locked is the end of the name of the file that a process holds while its session
// goes on. Sweep removes those of sessions that are over.
const locked = ".lock"

// Lock holds the session of a stream until release is called or the process has died,
// so that no two write the same one. The error is ErrBusy where another process has it.
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

// unlocked removes the file of a lock that nobody holds. It lets go of the file first, as
// some systems remove none that is open.
func unlocked(path string) error {
	l := flock.New(path)
	ok, err := l.TryLock()
	if err != nil || !ok {
		return err
	}
	return errors.Join(l.Unlock(), os.Remove(path))
}
