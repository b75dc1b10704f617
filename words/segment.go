package words

import (
	"strings"
	"time"
)

// Segment is what one speaker says without a longer break: a line of a transcript.
type Segment struct {
	// Speaker is empty for nobody known.
	Speaker    string
	Start, End time.Duration
	// Words are in the order of their start.
	Words []Said
}

// Text returns the words with a space between each two. Scripts without spaces get none.
func (s Segment) Text() string {
	var b strings.Builder
	for i, w := range s.Words {
		if i > 0 && spaced(s.Words[i-1].Text, w.Text) {
			b.WriteByte(' ')
		}
		b.WriteString(w.Text)
	}
	return b.String()
}

// A speaker's own pause within a segment: at most that long where nobody else
// says anything, and that short where somebody does, who then only talks into it.
const (
	ownPause  = 1500 * time.Millisecond
	talkedTo  = 400 * time.Millisecond
	wordCount = 1000 // of a segment, at most
)

// Segments makes segments of words in the order of their start. Segments are in
// that order too. Every word is in one of them.
func Segments(list []Said) []Segment {
	var out []Segment
	open := map[string]int{} // the last segment of each speaker
	last := 0                // the segment of the word before
	for _, w := range list {
		at, ok := open[w.Speaker]
		if ok {
			longest := talkedTo
			if at == last {
				longest = ownPause
			}
			ok = w.Start-out[at].End <= longest && len(out[at].Words) < wordCount
		}
		if !ok {
			at = len(out)
			open[w.Speaker] = at
			out = append(out, Segment{Speaker: w.Speaker, Start: w.Start, End: w.End})
		}
		s := &out[at]
		s.Words = append(s.Words, w)
		s.End = max(s.End, w.End)
		last = at
	}
	return out
}
