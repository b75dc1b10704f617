package wordfile

import (
	"fmt"
	"strings"

	"github.com/seed-7adb9000/diarizer/words"
)

// whisperCpp reads the segments of whisper.cpp. With -ojf they have tokens, which are
// joined to words. A token that begins with a space begins a word.
func (p *parse) whisperCpp(list []jsonSegment) error {
	var lines []line
	for i, s := range list {
		where := fmt.Sprintf("segment %d", i+1)
		if s.Offsets == nil {
			return fmt.Errorf("%s: %s: no \"offsets\": expected what whisper-cli -oj writes", p.name, where)
		}
		l, err := p.offsets(*s.Offsets, where)
		if err != nil {
			return err
		}
		l.text = s.Text
		own, err := p.tokens(s.Tokens, where)
		if err != nil {
			return err
		}
		// A character that was cut between two tokens is broken in both: then the text of the
		// line is read.
		if len(own) == 0 || strings.ContainsRune(joinText(own), '\uFFFD') {
			lines = append(lines, l)
			continue
		}
		own[0].Break = true
		for _, w := range own {
			p.words = append(p.words, split(w)...)
		}
	}
	p.addLines(lines)
	return nil
}

func (p *parse) offsets(o jsonOffset, where string) (line, error) {
	from, to := o.From/1000, o.To/1000
	start, end, err := p.span(&from, &to, where)
	return line{start: start, end: end}, err
}

// tokens joins tokens to words.
func (p *parse) tokens(list objects[jsonToken], segment string) ([]words.Word, error) {
	var own []words.Word
	var chance float64 // the probability of the least probable token of the word
	for i, t := range list {
		if strings.HasPrefix(t.Text, "[_") || strings.HasPrefix(t.Text, "<|") || t.Text == "" {
			continue // special tokens such as [_BEG_] and [_TT_120]
		}
		if t.Offsets == nil {
			return nil, nil
		}
		// whisper.cpp derives a token's time from its neighbours: it may end before it starts.
		t.Offsets.To = max(t.Offsets.To, t.Offsets.From)
		at, err := p.offsets(*t.Offsets, fmt.Sprintf("%s, token %d %s", segment, i+1, quote(t.Text)))
		if err != nil {
			return nil, err
		}
		text := strings.TrimSpace(t.Text)
		if strings.HasPrefix(t.Text, " ") || len(own) == 0 {
			chance = 1
			own = append(own, words.Word{Text: text, Start: at.start, End: at.end})
		} else {
			w := &own[len(own)-1]
			if w.Text == "" {
				w.Start = at.start
			}
			w.Text += text
			w.Start, w.End = min(w.Start, at.start), max(w.End, at.end)
		}
		if t.P > 0 && t.P < chance {
			chance = t.P
		}
		own[len(own)-1].Confidence = chance
	}
	kept := own[:0]
	for _, w := range own {
		if !clutter(w.Text) {
			kept = append(kept, w)
		}
	}
	return kept, nil
}

func joinText(list []words.Word) string {
	var b strings.Builder
	for _, w := range list {
		b.WriteString(w.Text)
	}
	return b.String()
}
