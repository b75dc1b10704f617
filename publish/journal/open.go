package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockWithin is far more than Inspect needs the lock for.
const lockWithin = 250 * time.Millisecond

// Create makes a new journal in dir, which is created if need be. A journal of
// that name must not exist.
func Create(dir, name string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path + dataSuffix); err == nil {
		return nil, fmt.Errorf("journal: %s exists", path+dataSuffix)
	}
	j, err := open(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND)
	if err == nil {
		syncDir(dir)
	}
	return j, err
}

// syncDir makes the names in a directory survive a power cut, if the system can do that.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_, _ = d.Sync(), d.Close() // not every system can sync a directory
	}
}

// OpenOrCreate opens the journal of that name, or creates it if there is none.
func OpenOrCreate(dir, name string) (*Journal, error) {
	j, err := Open(dir, name)
	if errors.Is(err, os.ErrNotExist) {
		return Create(dir, name)
	}
	return j, err
}

// Open takes over the journal that a process has left in dir. If that process is alive, the error
// matches [ErrLocked]. Bytes at the end that are no record are cut off.
func Open(dir, name string) (*Journal, error) {
	return open(filepath.Join(dir, name), os.O_RDWR|os.O_APPEND)
}

func open(path string, flags int) (_ *Journal, err error) {
	j := &Journal{path: path, lock: flock.New(path + lockSuffix)}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("journal: %w", err), j.Close())
		}
	}()
	// Inspect holds the lock for a moment, to find out whether the journal is in use.
	ctx, cancel := context.WithTimeout(context.Background(), lockWithin)
	defer cancel()
	locked, err := j.lock.TryLockContext(ctx, lockWithin/50)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, err
	}
	if !locked {
		return nil, fmt.Errorf("%s: %w", path+dataSuffix, ErrLocked)
	}
	if j.data, err = os.OpenFile(path+dataSuffix, flags, 0o600); err != nil {
		if flags&os.O_CREATE == 0 {
			err = errors.Join(err, os.Remove(path+lockSuffix))
		}
		return nil, err
	}
	if j.cursor, err = os.OpenFile(path+cursorSuffix, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if j.passed, j.slot, err = readCursor(j.cursor); err != nil {
		return nil, err
	}
	return j, j.repair()
}

// repair finds the first record that was not passed on. It cuts off bytes at the end that are no
// record: Append has not returned for them.
func (j *Journal) repair() error {
	info, err := j.data.Stat()
	if err != nil {
		return err
	}
	s, err := look(j.data, info.Size(), j.passed)
	if err != nil {
		return err
	}
	j.damage = s.damage(j.data.Name(), info.Size()-s.good)
	if s.good < info.Size() {
		if err := j.data.Truncate(s.good); err != nil {
			return err
		}
	}
	if s.rewound != "" {
		j.passed.Records = 0
	}
	j.passed.Offset = s.from
	j.size.Store(s.good)
	j.rewind()
	j.last = s.last
	return nil
}

// rewind makes the record behind the cursor the next one to be read.
func (j *Journal) rewind() {
	j.offset, j.read = j.passed.Offset, j.passed
	j.reader = bufio.NewReaderSize(&tail{j}, 64<<10)
}

// List returns the names of the journals in dir, in order. A directory that
// does not exist has none.
func List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), dataSuffix); ok {
			names = append(names, name)
		}
	}
	return names, nil
}
