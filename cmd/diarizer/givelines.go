package main

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// giveLines gives turns of the recording of tl, or parts of the turns, to another speaker in
// the lines of an RTTM file.
func giveLines(data []byte, tl *event.Timeline, c correct.Correction) []byte {
	to := word(tl.Name(c.Into))
	for n := 1; c.Into == event.Unknown; n++ {
		to = event.Speaker(n).String()
		if _, err := speakerOf(tl, to); err != nil {
			break
		}
	}
	file := word(tl.Recording())
	var out bytes.Buffer
	for line := range bytes.Lines(data) {
		fields := bytes.Fields(line)
		if len(fields) > 7 && string(fields[0]) == "SPEAKER" && string(fields[1]) == file {
			if t, ok := gives(fields, tl, c.Turns); ok {
				line = giveLine(fields, t, c, to)
			}
		}
		out.Write(line)
	}
	return out.Bytes()
}

// giveLine returns the lines of a turn of which all or a part is given: one to three lines.
func giveLine(fields [][]byte, t event.Turn, c correct.Correction, to string) []byte {
	first, last := t.Start, t.End
	if c.End > 0 {
		if c.Start-t.Start >= correct.LeastPart {
			first = c.Start
		}
		if t.End-c.End >= correct.LeastPart {
			last = c.End
		}
	}
	if first == t.Start && last == t.End {
		fields[7] = []byte(to)
		return append(bytes.Join(fields, []byte(" ")), '\n')
	}
	var out []byte
	for _, p := range []struct {
		start, end event.Time
		who        string
	}{{t.Start, first, string(fields[7])}, {first, last, to}, {last, t.End, string(fields[7])}} {
		if p.end == p.start {
			continue
		}
		own := slices.Clone(fields)
		own[3] = fmt.Appendf(nil, "%.3f", p.start.Seconds())
		own[4] = fmt.Appendf(nil, "%.3f", (p.end - p.start).Seconds())
		own[7] = []byte(p.who)
		out = append(append(out, bytes.Join(own, []byte(" "))...), '\n')
	}
	return out
}

// gives finds which of the turns a line of RTTM is about.
func gives(fields [][]byte, tl *event.Timeline, turns []int) (event.Turn, bool) {
	start, err := strconv.ParseFloat(string(fields[3]), 64)
	length, errLength := strconv.ParseFloat(string(fields[4]), 64)
	if err != nil || errLength != nil {
		return event.Turn{}, false
	}
	const near = 1e-3 // seconds
	for _, id := range turns {
		t, _ := tl.Turn(id)
		if math.Abs(t.Start.Seconds()-start) < near && math.Abs((t.End-t.Start).Seconds()-length) < near && string(fields[7]) == word(tl.Name(t.Speaker)) {
			return t, true
		}
	}
	return event.Turn{}, false
}
