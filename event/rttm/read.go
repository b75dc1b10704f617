package rttm

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

// Read returns the SPEAKER lines of r in their order. It skips lines of the other types
// that the format knows, comments (;;) and empty lines. Any other line is a
// [*SyntaxError], in which name is the name of the file.
func Read(r io.Reader, name string) ([]Segment, error) {
	var segments []Segment
	err := eachLine(r, name, func(l line) error {
		if l.fields[0] != "SPEAKER" {
			if otherType(l.fields[0]) {
				return nil
			}
			return l.fail("line type", l.fields[0], "SPEAKER or another RTTM type")
		}
		if n := len(l.fields); n < 8 || n > 10 {
			return l.fail("number of fields", strconv.Itoa(n),
				"8 to 10: type, file, channel, start, duration, <NA>, <NA>, speaker, <NA>, <NA>")
		}
		start, err := l.seconds("start", l.fields[3])
		if err != nil {
			return err
		}
		duration, err := l.seconds("duration", l.fields[4])
		if err != nil {
			return err
		}
		end := sum(start, duration)
		if end > MaxSeconds {
			return l.fail("duration", l.fields[4], fmt.Sprintf("an end not after %.0f s", MaxSeconds))
		}
		segments = append(segments, Segment{File: l.fields[1], Channel: l.fields[2],
			Start: start, End: end, Speaker: l.fields[7]})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return segments, nil
}

// ReadFile reads the RTTM file at path.
func ReadFile(path string) ([]Segment, error) { return readFile(path, Read) }

// ReadUEM returns the lines of r, a UEM file, in their order, comments (;;) and
// empty lines left out. A malformed line is a [*SyntaxError].
func ReadUEM(r io.Reader, name string) ([]Region, error) {
	var regions []Region
	err := eachLine(r, name, func(l line) error {
		if n := len(l.fields); n != 4 {
			return l.fail("number of fields", strconv.Itoa(n), "4: file, channel, start, end")
		}
		start, err := l.seconds("start", l.fields[2])
		if err != nil {
			return err
		}
		end, err := l.seconds("end", l.fields[3])
		if err != nil {
			return err
		}
		if end < start {
			return l.fail("end", l.fields[3], "a time not before the start, "+l.fields[2])
		}
		regions = append(regions, Region{File: l.fields[0], Channel: l.fields[1], Start: start, End: end})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return regions, nil
}

// ReadUEMFile reads the UEM file at path.
func ReadUEMFile(path string) ([]Region, error) { return readFile(path, ReadUEM) }

func readFile[T any](path string, read func(io.Reader, string) (T, error)) (T, error) {
	f, err := os.Open(path)
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	return read(f, path)
}

// line is one line that is neither empty nor a comment.
type line struct {
	name   string
	number int
	fields []string // at least one
}

func (l line) fail(field, value, want string) error {
	return &SyntaxError{Name: l.name, Line: l.number, Field: field, Value: value, Want: want}
}

func (l line) seconds(field, value string) (float64, error) {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(v) || v < 0 || v > MaxSeconds {
		return 0, l.fail(field, value, fmt.Sprintf("seconds from 0 to %.0f", MaxSeconds))
	}
	return math.Abs(v), nil // −0 is 0
}

// sum adds two decimal times so that the end of one segment equals the start
// of the next when the file says so: 3.34 + 0.54 is 3.88, not a bit above.
func sum(start, duration float64) float64 {
	const nano = 1e9
	return math.Max(start, math.Round((start+duration)*nano)/nano)
}

func eachLine(r io.Reader, name string, do func(line) error) error {
	lines := bufio.NewScanner(r)
	number := 0
	for lines.Scan() {
		number++
		text := lines.Text()
		if number == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		fields := strings.Fields(text)
		if len(fields) == 0 || strings.HasPrefix(fields[0], ";") {
			continue
		}
		if err := do(line{name: name, number: number, fields: fields}); err != nil {
			return err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("%s:%d: line longer than %d bytes: expected a text file: %w",
			name, number+1, bufio.MaxScanTokenSize, err)
	case err != nil:
		return fmt.Errorf("%s: after line %d: %w", name, number, err)
	}
	return nil
}

// otherType reports whether t is an RTTM line type that is not SPEAKER.
func otherType(t string) bool {
	switch t {
	case "SEGMENT", "NOSCORE", "NO_RT_METADATA", "LEXEME", "NON-LEX", "NON-SPEECH",
		"FILLER", "EDIT", "IP", "SU", "CB", "A/P", "SPKR-INFO":
		return true
	}
	return false
}
