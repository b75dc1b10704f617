package wordfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7adb9000/diarizer/words"
)

// NIST's CTM, of the RT-09 evaluation plan:
//
//	<file> <channel> <start> <duration> <word> [<confidence> [<type> [<speaker>]]]

// looksCTM reports whether the first line that is no comment may be a line of CTM.
func looksCTM(text string) bool {
	for l := range strings.Lines(text) {
		f := strings.Fields(l)
		if len(f) == 0 || strings.HasPrefix(f[0], ";") {
			continue
		}
		if len(f) < 5 || len(f) > 8 {
			return false
		}
		_, err := strconv.ParseFloat(f[2], 64)
		_, err2 := strconv.ParseFloat(f[3], 64)
		return err == nil && err2 == nil
	}
	return false
}

func (p *parse) ctm(text string) error {
	byFile := map[string][]words.Word{}
	number := 0
	for l := range strings.Lines(text) {
		number++
		f := strings.Fields(l)
		if len(f) == 0 || strings.HasPrefix(f[0], ";") {
			continue
		}
		if len(f) < 5 || len(f) > 8 {
			return fmt.Errorf("%s:%d: %s: expected 5 to 8 fields: file, channel, start, duration, word, confidence, type, speaker",
				p.name, number, quote(strings.TrimSpace(l)))
		}
		w := words.Word{Text: f[4]}
		var times [2]float64
		for i, field := range []string{"start", "duration"} {
			s, err := strconv.ParseFloat(f[2+i], 64)
			if err != nil || !(s >= 0 && s <= maxSeconds) {
				return fmt.Errorf("%s:%d: %s %s: expected seconds from 0 to %.0f", p.name, number, field, quote(f[2+i]), maxSeconds)
			}
			times[i] = s
		}
		var err error
		if w.Start, err = seconds(times[0]); err == nil {
			w.End, err = seconds(times[0] + times[1])
		}
		if err != nil {
			return fmt.Errorf("%s:%d: end %w", p.name, number, err)
		}
		if len(f) > 5 && f[5] != "<NA>" && f[5] != "NA" {
			c, err := strconv.ParseFloat(f[5], 64)
			if err != nil || !(c >= 0 && c <= 1) {
				return fmt.Errorf("%s:%d: confidence %s: expected a probability, or <NA>", p.name, number, quote(f[5]))
			}
			w.Confidence = c
		}
		if _, ok := byFile[f[0]]; !ok {
			byFile[f[0]] = nil
		}
		if !clutter(w.Text) {
			byFile[f[0]] = append(byFile[f[0]], w)
		}
	}
	own, ok := byFile[p.recording]
	if !ok && len(byFile) == 1 {
		for _, list := range byFile {
			own = list
		}
	} else if !ok {
		names := slices.Sorted(maps.Keys(byFile))
		return fmt.Errorf("%s: none of its %d recordings is %q: expected one of them, the first is %q", p.name, len(names), p.recording, names[0])
	}
	p.words = own
	return nil
}
