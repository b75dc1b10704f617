package wordfile

import (
	"fmt"
	"math"
	"time"
	"unicode/utf8"

	"github.com/seed-7adb9000/diarizer/words"
)

// maxSeconds is the greatest time, as in package rttm.
const maxSeconds = 1e8

// seconds checks a time and converts it.
func seconds(s float64) (time.Duration, error) {
	if !(s >= 0 && s <= maxSeconds) {
		return 0, fmt.Errorf("%v: expected seconds from 0 to %.0f", s, maxSeconds)
	}
	return time.Duration(math.Round(s*1e6)) * time.Microsecond, nil
}

// line is a text with one time for the whole.
type line struct {
	text       string
	start, end time.Duration
}

// addLines adds lines whose words have no times. The words share the time of their line by
// their number of characters. If nearly every line is one word, the lines are words with
// times of their own.
func (p *parse) addLines(lines []line) {
	single, some := 0, 0
	for _, l := range lines {
		switch len(pieces(l.text)) {
		case 0:
		case 1:
			single++
			some++
		default:
			some++
		}
	}
	timed := some >= 3 && float64(single) >= 0.9*float64(some)
	for _, l := range lines {
		p.addLine(l, timed)
	}
}

func (p *parse) addLine(l line, timed bool) {
	begin := len(p.words)
	for _, text := range pieces(l.text) {
		p.words = append(p.words, words.Word{Text: text, Estimated: true, Break: len(p.words) == begin})
	}
	divide(p.words[begin:], l.start, l.end)
	if timed && len(p.words) == begin+1 {
		p.words[begin].Estimated, p.words[begin].Break = false, false
	}
	kept := p.words[:begin]
	for _, w := range p.words[begin:] {
		if !clutter(w.Text) {
			kept = append(kept, w)
		}
	}
	p.words = kept
}

// divide gives words their shares of a stretch of time, by their number of characters, with
// one more for the space.
func divide(list []words.Word, start, end time.Duration) {
	total := 0
	for _, w := range list {
		total += utf8.RuneCountInString(w.Text) + 1
	}
	done := 0
	at := func() time.Duration {
		return start + time.Duration(float64(end-start)*float64(done)/float64(total))
	}
	for i := range list {
		list[i].Start = at()
		done += utf8.RuneCountInString(list[i].Text) + 1
		list[i].End = at()
		list[i].Estimated = true
	}
}
