// Package journal keeps records on disk until they have been passed on. After Append has returned, a
// record survives the death of the process, even by kill −9. A cursor says which records were passed on,
// so that the next process goes on behind them. After a power cut, the next process reads as much as is
// whole, see [Journal.Damage].
//
// A journal is three files in one directory: NAME.journal with one record a line, NAME.cursor, and
// NAME.lock, which the process that uses the journal holds.
package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/gofrs/flock"
)

// ErrLocked is matched by the error for a journal that a process uses.
var ErrLocked = errors.New("journal is in use by another process")

// ErrRecord is returned for a record that a line cannot hold.
var ErrRecord = errors.New("journal: a record has no line breaks, and at most a mebibyte with its checksum")

const (
	dataSuffix   = ".journal"
	cursorSuffix = ".cursor"
	lockSuffix   = ".lock"
)

// Journal is a journal in use. Append may be called while another goroutine
// calls Next and Done; otherwise calls do not overlap.
type Journal struct {
	path   string // without suffix
	lock   *flock.Flock
	data   *os.File
	cursor *os.File
	size   atomic.Int64 // of the records, in bytes

	last   []byte // the last record when the journal was opened
	damage error
	reader *bufio.Reader
	line   line
	offset int64  // of the next byte that reader reads
	read   Cursor // behind the record that Next returned last
	passed Cursor
	slot   int64
}

// Cursor says which records were passed on.
type Cursor struct {
	// Records is the number of records that were passed on.
	Records uint64 `json:"records"`
	// Offset is where the next record begins in the file, in bytes.
	Offset int64 `json:"offset"`
	// Writes counts the changes of the cursor. It is 0 if no whole cursor was found.
	Writes uint64 `json:"writes"`
	// Label is the text that was set with [Journal.Label].
	Label string `json:"label,omitempty"`
	// State has the numbers that the owner needs to go on.
	State map[string]uint64 `json:"state,omitempty"`
}

// tail reads the file from j.offset to the end of the last completed Append.
type tail struct{ j *Journal }

func (t *tail) Read(p []byte) (int, error) {
	j := t.j
	left := j.size.Load() - j.offset
	if left <= 0 {
		return 0, io.EOF
	}
	n, err := j.data.ReadAt(p[:min(int64(len(p)), left)], j.offset)
	j.offset += int64(n)
	if n > 0 {
		return n, nil
	}
	return 0, err
}

// Append writes a record, which must not have line breaks. After an error, no part of it is kept.
func (j *Journal) Append(record []byte) error {
	line := append(sign(record), '\n')
	if bytes.ContainsAny(record, "\r\n") || len(line) > longest {
		return ErrRecord
	}
	if n, err := j.data.Write(line); err != nil {
		if n > 0 {
			err = errors.Join(err, j.data.Truncate(j.size.Load()))
		}
		return fmt.Errorf("journal: %w", err)
	}
	j.size.Add(int64(len(line)))
	return nil
}

// Sync makes the records and the cursor survive a power cut as well. It may overlap with any other
// call but Close and Remove.
func (j *Journal) Sync() error {
	if err := errors.Join(j.data.Sync(), j.cursor.Sync()); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Next returns the next record that was not passed on, or nil if there is none yet. It skips lines
// that are no record. The record is valid until the next call.
func (j *Journal) Next() ([]byte, error) {
	for {
		err := j.line.read(j.reader)
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		j.read.Offset += j.line.size
		if j.line.whole {
			j.read.Records++
			return j.line.record, nil
		}
	}
}

// Passed returns the cursor.
func (j *Journal) Passed() Cursor { return j.passed }

// Done moves the cursor behind all records that Next has returned, and saves state with it.
func (j *Journal) Done(state map[string]uint64) error {
	j.passed.Records, j.passed.Offset = j.read.Records, j.read.Offset
	return j.Save(state)
}

// Save saves state with the cursor. The cursor does not move.
func (j *Journal) Save(state map[string]uint64) error {
	j.passed.State = state
	j.passed.Writes++
	j.slot = 1 - j.slot
	if err := writeCursor(j.cursor, j.slot, j.passed); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Label sets a text that is saved with the next change of the cursor. A process can read it even if the
// records of the journal are lost.
func (j *Journal) Label(label string) { j.passed.Label, j.read.Label = label, label }

// Damage is the error about damage that was found when the journal was opened, nil if there was none.
// It matches [ErrDamaged]. Whole records are read nevertheless. If the damaged cursor does not say
// which were passed on, reading begins with the first record.
func (j *Journal) Damage() error { return j.damage }

// Last returns the record that was the last one when the journal was opened, passed on or not. It is
// nil if there was none.
func (j *Journal) Last() []byte { return j.last }

// Size returns the size of the records in bytes.
func (j *Journal) Size() int64 { return j.size.Load() }

// Compact deletes the records if all were passed on, and does nothing otherwise. It must not overlap
// with other calls.
func (j *Journal) Compact() error {
	if j.passed.Offset == 0 || j.passed.Offset < j.size.Load() {
		return nil
	}
	// The order matters. Open understands an empty file whose cursor is behind its end. A
	// cursor at 0 with the records still there would pass them on again.
	if err := j.data.Truncate(0); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.size.Store(0)
	j.passed.Offset = 0
	j.rewind()
	return j.Save(j.passed.State)
}

// Close releases the journal. Its files stay for the next process.
func (j *Journal) Close() error {
	var errs []error
	for _, f := range []*os.File{j.data, j.cursor} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	j.data, j.cursor = nil, nil
	return errors.Join(append(errs, j.lock.Unlock())...)
}

// Remove deletes the files of the journal.
func (j *Journal) Remove() error {
	err := errors.Join(j.data.Close(), j.cursor.Close())
	j.data, j.cursor = nil, nil
	// The lock is removed last, so that no process takes over a half-deleted journal.
	return errors.Join(err, os.Remove(j.path+dataSuffix), os.Remove(j.path+cursorSuffix),
		os.Remove(j.path+lockSuffix), j.lock.Unlock())
}
