package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrDamaged is matched by [Journal.Damage] and [Info.Damage] if records or a cursor are not as they
// were written.
var ErrDamaged = errors.New("journal is damaged")

// longest is the length of the longest line in bytes, with its line break.
const longest = 1 << 20

// survey is the result of reading through a journal's file.
type survey struct {
	from    int64  // offset of the first record that was not passed on
	good    int64  // end of the last whole record
	waiting int    // whole records from there on
	damaged int64  // bytes before good that are no whole records
	last    []byte // the last whole record, nil if none was found
	rewound string // why from is not the offset of the cursor
}

// look surveys a file of that size. A power cut can leave any part of what was written last: a cursor
// without its records, records without a cursor, or zeros in place of either. If the cursor does not
// point between two lines, all records count as not passed on. The owner has to recognise those that
// it has passed on by their content.
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
	size   int64  // in bytes, with checksum and line break
	whole  bool   // whether the checksum is right

	text []byte
}

// read reads the next line. The error is io.EOF if there is none. A line that is no record takes no
// more memory than a record.
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

// damage is the error about damage in the journal at path, nil if there is none. torn is the number of
// bytes after the last whole record.
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
