package rttm

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode"
)

// Write writes segments to w in the order given, one SPEAKER line each.
//
// Times are rounded to milliseconds, start and end each on their own and the
// duration taken from the rounded ones: a boundary moves by at most half a
// millisecond, turns that touch still touch, and boundaries on the 10 ms frame
// grid are exact. Reading what was written and writing it again gives the same
// bytes. An empty Channel is written as "1". A segment that cannot be written
// (a name with white space, a time that is negative, not a number, out of
// order or beyond [MaxSeconds]) is an error that names it; nothing is written.
func Write(w io.Writer, segments []Segment) error {
	for i, s := range segments {
		if err := s.check(); err != nil {
			return fmt.Errorf("rttm: segment %d: %w", i+1, err)
		}
	}
	buf := bufio.NewWriter(w)
	for _, s := range segments {
		start, end := milliseconds(s.Start), milliseconds(s.End)
		fmt.Fprintf(buf, "SPEAKER %s %s %s %s <NA> <NA> %s <NA> <NA>\n",
			s.File, s.channel(), decimal(start), decimal(end-start), s.Speaker)
	}
	return buf.Flush()
}

// WriteFile writes segments to the file at path, replacing what it held.
func WriteFile(path string, segments []Segment) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = Write(f, segments)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (s Segment) channel() string {
	if s.Channel == "" {
		return "1"
	}
	return s.Channel
}

func (s Segment) check() error {
	for _, f := range []struct{ name, value string }{
		{"file", s.File}, {"channel", s.channel()}, {"speaker", s.Speaker}} {
		if f.value == "" || strings.ContainsFunc(f.value, unicode.IsSpace) {
			return fmt.Errorf("%s %q: expected a name without white space", f.name, f.value)
		}
	}
	if !(s.Start >= 0 && s.Start <= s.End && s.End <= MaxSeconds) {
		return fmt.Errorf("from %v to %v: expected seconds with 0 ≤ start ≤ end ≤ %.0f",
			s.Start, s.End, MaxSeconds)
	}
	return nil
}

func milliseconds(seconds float64) int64 { return int64(math.Round(seconds * 1000)) }

func decimal(ms int64) string { return fmt.Sprintf("%d.%03d", ms/1000, ms%1000) }
