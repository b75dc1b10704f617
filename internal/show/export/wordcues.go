package export

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-7adb9000/diarizer/words"
)

// caption is a cue with its words.
type caption struct {
	cue
	text string
}

// The longest subtitle that people can read: its time, and two lines of 42 characters.
const (
	cueTime       = 7 * time.Second
	cueCharacters = 84
)

// captions returns the segments as subtitles, by start. A long segment is several subtitles,
// between which another speaker's may begin.
func (t Transcript) captions() []caption {
	var out []caption
	for _, s := range words.Segments(t.Words) {
		for _, part := range divided(s) {
			out = append(out, caption{cue{t.name(part.Speaker), ms(part.Start), max(ms(part.End), ms(part.Start)+1)}, printable(part.Text())})
		}
	}
	slices.SortStableFunc(out, func(a, b caption) int { return cmp.Compare(a.start, b.start) })
	return out
}

// divided cuts a segment into subtitles. A segment that is too long is cut at the end of
// the last sentence that fits, or else at the last comma, or else at the last word.
func divided(s words.Segment) []words.Segment {
	var out []words.Segment
	for list := s.Words; len(list) > 0; {
		n := fitting(list)
		if n < len(list) {
			n = breakAt(list[:n])
		}
		part := words.Segment{Speaker: s.Speaker, Words: list[:n], Start: list[0].Start}
		for _, w := range part.Words {
			part.End = max(part.End, w.End)
		}
		out, list = append(out, part), list[n:]
	}
	return out
}

// fitting is how many words fit into a subtitle, at least one.
func fitting(list []words.Said) int {
	characters := 0
	for i, w := range list {
		characters += utf8.RuneCountInString(w.Text) + 1
		if i > 0 && (characters > cueCharacters+1 || w.End-list[0].Start > cueTime) {
			return i
		}
	}
	return len(list)
}

// breakAt is how many words of a full subtitle stay in it.
func breakAt(list []words.Said) int {
	for _, marks := range []string{".?!。？！", ",;:，、；："} {
		for n := len(list); n > len(list)/3; n-- {
			if r, _ := utf8.DecodeLastRuneInString(list[n-1].Text); strings.ContainsRune(marks, r) {
				return n
			}
		}
	}
	return len(list)
}

func writeWordSRT(w io.Writer, t Transcript) error {
	for i, c := range t.captions() {
		_, err := fmt.Fprintf(w, "%d\n%s --> %s\n%s: %s\n\n", i+1, clock(c.start, ","), clock(c.end, ","), oneLine(c.name), oneLine(c.text))
		if err != nil {
			return err
		}
	}
	return nil
}

func writeWordVTT(w io.Writer, t Transcript) error {
	if _, err := io.WriteString(w, "WEBVTT\n\n"); err != nil {
		return err
	}
	for i, c := range t.captions() {
		_, err := fmt.Fprintf(w, "%d\n%s --> %s\n<v %s>%s</v>\n\n", i+1, clock(c.start, "."), clock(c.end, "."),
			escapeVTT(oneLine(c.name)), escapeVTT(oneLine(c.text)))
		if err != nil {
			return err
		}
	}
	return nil
}

// writeWordEAF writes a tier for each speaker and an annotation for each segment. Segments
// of one name may overlap, if words do or if two speakers have the same name. Then the
// second annotation begins when the first has ended.
func writeWordEAF(w io.Writer, t Transcript) error {
	var all []caption
	until := map[string]int64{}
	for _, s := range words.Segments(t.Words) {
		c := caption{cue{t.name(s.Speaker), ms(s.Start), ms(s.End)}, printable(s.Text())}
		c.start = max(c.start, until[c.name])
		c.end = max(c.end, c.start+1)
		until[c.name] = c.end
		all = append(all, c)
	}
	return writeTiers(w, all, t.Source)
}
