package main

import (
	"fmt"
	"strconv"
	"strings"
)

// voice is how a person sounds.
type voice struct {
	name    string
	flite   string  // flite's name for it
	level   float64 // dBFS while speaking
	stretch float64 // of durations, 1 is the voice's own
}

// turn is what a person says, gap seconds after the latest end of speech.
type turn struct {
	voice voice
	gap   float64
	text  string
}

type dialogue struct{ turns []turn }

// parseDialogue reads the format that dialogue.txt describes.
func parseDialogue(text string) (dialogue, error) {
	var d dialogue
	voices := make(map[string]voice)
	for i, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || strings.HasPrefix(line, "#"):
		case f[0] == "voice" && len(f) == 5:
			level, err1 := strconv.ParseFloat(f[3], 64)
			stretch, err2 := strconv.ParseFloat(f[4], 64)
			if err1 != nil || err2 != nil {
				return d, fmt.Errorf("dialogue.txt:%d: %q: expected level and stretch", i+1, line)
			}
			voices[f[1]] = voice{f[1], f[2], level, stretch}
		case len(f) >= 3 && voices[f[0]].name != "":
			gap, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				return d, fmt.Errorf("dialogue.txt:%d: gap %q: expected seconds", i+1, f[1])
			}
			d.turns = append(d.turns, turn{voices[f[0]], gap, strings.Join(f[2:], " ")})
		default:
			return d, fmt.Errorf("dialogue.txt:%d: %q: expected a voice, or a turn of a voice above", i+1, line)
		}
	}
	return d, nil
}
