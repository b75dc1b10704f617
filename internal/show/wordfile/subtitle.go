package wordfile

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7adb9000/diarizer/words"
)

// cue is one subtitle. Its lines still have their tags.
type cue struct {
	number     int // the number of its line with the times
	start, end time.Duration
	lines      []string
}

// subtitles reads SRT and WebVTT (W3C, 2019). It skips styles, regions and notes. It also
// skips the names of speakers in a transcript: finding the speakers is what the transcript
// is read for.
func (p *parse) subtitles(text string) error {
	cues, err := p.cues(text)
	if err != nil {
		return err
	}
	switch {
	case highlighted(cues):
		return p.underlined(cues)
	case p.format == WebVTT && inline(cues):
		return p.inline(cues)
	}
	var lines []line
	for _, c := range cues {
		for _, part := range parts(c) {
			lines = append(lines, line{text: part.text, start: part.start, end: part.end})
		}
	}
	p.addLines(lines)
	return nil
}

// cues cuts the text into cues.
func (p *parse) cues(text string) ([]cue, error) {
	var cues []cue
	var now *cue
	header := p.format == WebVTT
	skip := false // a block that is no cue
	before := ""  // the line before this one
	number := 0
	for l := range strings.Lines(text) {
		number++
		blank := strings.Trim(l, "\n") == "" || p.format == SRT && strings.TrimSpace(l) == ""
		l = strings.TrimSpace(l)
		first := before == ""
		before = l
		switch {
		case blank:
			now, header, skip = nil, false, false
		case header || skip:
		case now == nil && strings.Contains(l, "-->"):
			c, err := p.times(l, number)
			if err != nil {
				return nil, err
			}
			cues = append(cues, c)
			now = &cues[len(cues)-1]
		case now == nil && first && p.format == WebVTT && isBlock(l):
			skip = true
		case now != nil && strings.Contains(l, "-->") && cueTimes.MatchString(l):
			// There is no blank line between two cues: the number of the second cue was
			// taken for text of the first.
			if n := len(now.lines); n > 0 && digits(now.lines[n-1]) {
				now.lines = now.lines[:n-1]
			}
			c, err := p.times(l, number)
			if err != nil {
				return nil, err
			}
			cues = append(cues, c)
			now = &cues[len(cues)-1]
		case now != nil:
			now.lines = append(now.lines, l)
		}
	}
	return cues, nil
}

func digits(s string) bool { _, err := strconv.Atoi(s); return err == nil }

// isBlock reports whether a line begins a block of WebVTT that is no cue.
func isBlock(l string) bool {
	word, _, _ := strings.Cut(l, " ")
	return word == "NOTE" || word == "STYLE" || word == "REGION"
}

// times reads the line with the times of a cue.
func (p *parse) times(l string, number int) (c cue, err error) {
	from, to, _ := strings.Cut(l, "-->")
	to, _, _ = strings.Cut(strings.TrimSpace(to), " ") // settings follow
	to, _, _ = strings.Cut(to, "\t")
	c.number = number
	if c.start, err = clock(strings.TrimSpace(from)); err != nil {
		return c, fmt.Errorf("%s:%d: start %w", p.name, number, err)
	}
	if c.end, err = clock(to); err != nil {
		return c, fmt.Errorf("%s:%d: end %w", p.name, number, err)
	}
	if c.end < c.start {
		return c, fmt.Errorf("%s:%d: from %v to %v: expected an end not before the start", p.name, number, c.start, c.end)
	}
	return c, nil
}

var clockPattern = regexp.MustCompile(`^(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?$`)

// clock reads a time such as 00:01:02,345 or 01:02.345.
func clock(s string) (time.Duration, error) {
	m := clockPattern.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%s: expected a time such as 00:01:02,345", quote(s))
	}
	part := func(s string) time.Duration {
		n, _ := strconv.Atoi("0" + s) // digits, a few of them
		return time.Duration(n)
	}
	if part(m[3]) >= 60 || m[1] != "" && part(m[2]) >= 60 {
		return 0, fmt.Errorf("%s: expected minutes and seconds below 60", quote(s))
	}
	ms := (m[4] + "000")[:3]
	t := part(m[1])*time.Hour + part(m[2])*time.Minute + part(m[3])*time.Second + part(ms)*time.Millisecond
	if t.Seconds() > maxSeconds {
		return 0, fmt.Errorf("%s: expected at most %.0f s", quote(s), maxSeconds)
	}
	return t, nil
}

var (
	tag       = regexp.MustCompile(`<[^<>]*>`)
	timeTag   = regexp.MustCompile(`<((?:\d+:)?\d{2}:\d{2}\.\d{3})>`)
	underline = regexp.MustCompile(`<u>(.*?)</u>`)
	override  = regexp.MustCompile(`\{\\[^{}]*\}`) // of SubStation, found in SRT too
)

// plain is a line without tags.
func plain(l string) string {
	return strings.TrimSpace(html.UnescapeString(override.ReplaceAllString(tag.ReplaceAllString(l, ""), "")))
}

// parts returns the lines of a cue as parts of its time. There is one part, unless lines
// begin with a dash, each of which is another person.
func parts(c cue) []line {
	var texts []string
	dashes := 0
	for _, l := range c.lines {
		if l = plain(l); l != "" {
			texts = append(texts, l)
			if strings.HasPrefix(l, "-") || strings.HasPrefix(l, "–") || strings.HasPrefix(l, ">>") {
				dashes++
			}
		}
	}
	if dashes == 0 || len(texts) < 2 {
		return []line{{text: strings.Join(texts, " "), start: c.start, end: c.end}}
	}
	var list []words.Word
	for _, t := range texts {
		list = append(list, words.Word{Text: t})
	}
	divide(list, c.start, c.end)
	var out []line
	for _, w := range list {
		out = append(out, line{text: w.Text, start: w.Start, end: w.End})
	}
	return out
}

// highlighted reports whether the cues are written by Whisper's --highlight_words: the same
// line again for each of its words, with that word underlined.
func highlighted(cues []cue) bool {
	n := 0
	for _, c := range cues {
		n += min(1, len(underline.FindAllString(strings.Join(c.lines, " "), 2)))
	}
	return n >= 3 && 2*n >= len(cues)
}

// underlined reads the underlined words, each with the times of its cue.
func (p *parse) underlined(cues []cue) error {
	last := ""
	for _, c := range cues {
		text := strings.Join(c.lines, " ")
		m := underline.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		if w := plain(m[1]); !clutter(w) {
			whole := plain(text)
			p.words = append(p.words, words.Word{Text: w, Start: c.start, End: c.end, Break: whole != last})
			last = whole
		}
	}
	return nil
}

// inline reports whether any cue has times of its words.
func inline(cues []cue) bool {
	for _, c := range cues {
		for _, l := range c.lines {
			if timeTag.MatchString(l) {
				return true
			}
		}
	}
	return false
}

// inline reads words from cues with times between the words. In captions that roll up, a
// line comes again: it is not read twice.
func (p *parse) inline(cues []cue) error {
	said := map[string]bool{}
	var recent []string
	for _, c := range cues {
		for _, l := range c.lines {
			text := plain(l)
			if text == "" || !timeTag.MatchString(l) && said[text] {
				continue
			}
			if err := p.timed(l, c); err != nil {
				return err
			}
			said[text], recent = true, append(recent, text)
			if len(recent) > 3 {
				delete(said, recent[0])
				recent = recent[1:]
			}
		}
	}
	return nil
}

// timed reads a line in which each time stands before the words that are spoken from that
// time on.
func (p *parse) timed(l string, c cue) error {
	begin, at := len(p.words), c.start
	for {
		m := timeTag.FindStringSubmatchIndex(l)
		text, next := l, c.end
		if m != nil {
			t, err := clock(l[m[2]:m[3]])
			if err != nil {
				return fmt.Errorf("%s:%d: %w", p.name, c.number, err)
			}
			if t < at || t > c.end {
				return fmt.Errorf("%s:%d: %s within a cue: expected a time from %v to %v", p.name, c.number, l[m[0]:m[1]], at, c.end)
			}
			text, next = l[:m[0]], t
		}
		var list []words.Word
		for _, w := range pieces(plain(text)) {
			if !clutter(w) {
				list = append(list, words.Word{Text: w})
			}
		}
		divide(list, at, next)
		if len(list) == 1 {
			list[0].Estimated = false
		}
		p.words = append(p.words, list...)
		if m == nil {
			break
		}
		l, at = l[m[1]:], next
	}
	if len(p.words) > begin {
		p.words[begin].Break = true
	}
	return nil
}
