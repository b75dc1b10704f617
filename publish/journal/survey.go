package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrDamaged is matched by what [Journal.Damage] and [Info.Damage] say of records
// or a cursor that are not as they were written.
var ErrDamaged = errors.New("journal is damaged")

// longest is the length of the longest line, its end included.
const longest = 1 << 20

// survey is what a look through a journal's file finds.
type survey struct {
	from    int64  // where the first record begins that was not passed on
	good    int64  // end of the last whole record
	waiting int    // whole records from there on
	damaged int64  // bytes before good that are no whole records
	last    []byte // the last whole record, nil if none was found
	rewound string // why from is not where the cursor stands
}

// look surveys a file of a size. A power cut can leave any part of what was
// written last: a cursor without its records, records without a cursor, zeros
// in the place of either. Where the cursor does not stand between two lines, all
// records count as not passed on: the owner knows them by what they say.
func look(f io.ReaderAt, size int64, cursor Cursor) (survey, error) {
	s := survey{from: cursor.Offset}
	before := []byte{'\n'}
	switch {
	case size == 0 || s.from == 0:
		s.from = 0 // or the process died in the middle of Compact
	case s.from > size:
		s.rewound = fmt.Sprintf("its cursor stands at %d of %d bytes", s.from, size)
	default:
		if _, err := f.ReadAt(before, s.from-1); err != nil {
			return s, err
		}
		if before[0] != '\n' {
			s.rewound = fmt.Sprintf("its cursor stands at %d, inside of a line", s.from)
		}
	}
	if s.rewound != "" {
		s.from = 0
	}
	s.good = s.from
	r := bufio.NewReaderSize(io.NewSectionReader(f, s.from, size-s.from), 64<<10)
	var l line
	for end := s.from; ; {
		if err := l.read(r); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return s, err
		}
		if end += l.size; l.whole {
			s.waiting++
			s.damaged += end - l.size - s.good
			s.good, s.last = end, append(s.last[:0], l.record...)
		}
	}
	var err error
	if s.last == nil {
		s.last, err = lastRecord(f, s.from)
	}
	return s, err
}

// lastRecord returns the last whole record in the last longest bytes of a file,
// nil if there is none.
func lastRecord(f io.ReaderAt, size int64) ([]byte, error) {
	tail := make([]byte, min(size, longest))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for len(tail) > 0 {
		tail = bytes.TrimSuffix(tail, []byte("\n"))
		begin := bytes.LastIndexByte(tail, '\n') + 1
		if record, ok := verify(tail[begin:]); ok {
			return record, nil
		}
		tail = tail[:begin]
	}
	return nil, nil
}

// line is a line of a journal.
type line struct {
	record []byte // valid until the next read; nil unless whole
	size   int64  // with everything
	whole  bool   // it is as it was written

	text []byte
}

// read reads the next line; its error is io.EOF where there is none. What is no
// record takes no more memory than one.
func (l *line) read(r *bufio.Reader) error {
	l.record, l.size, l.whole, l.text = nil, 0, false, l.text[:0]
	for {
		part, err := r.ReadSlice('\n')
		l.size += int64(len(part))
		if l.size <= longest {
			l.text = append(l.text, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && l.size > 0:
			return nil // the end is torn
		case err != nil:
			return err
		}
		if l.size <= longest {
			l.record, l.whole = verify(l.text[:len(l.text)-1])
		}
		return nil
	}
}

// damage says what of a journal at path is damaged, nil if nothing is. So many
// bytes behind the last whole record are none.
func (s survey) damage(path string, torn int64) error {
	var what []string
	if s.rewound != "" {
		what = append(what, s.rewound)
	}
	if s.damaged > 0 {
		what = append(what, fmt.Sprintf("%d bytes between records are none", s.damaged))
	}
	if torn > 0 {
		what = append(what, fmt.Sprintf("%d bytes behind the last record are none", torn))
	}
	if what == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %s", path, ErrDamaged, strings.Join(what, ", "))
}
