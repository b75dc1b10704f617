package wordbench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/internal/show/wordfile"
	"github.com/seed-7adb9000/diarizer/words"
)

// Talk is a conversation of which every word is known, as compose.py makes it.
type Talk struct {
	Name string
	// Words are by start; Speakers has who says each of them.
	Words    []words.Word
	Speakers []string
	// Turns are the right ones, Found what this program found, nil where nobody
	// asked it.
	Turns, Found []words.Turn
	// Heard is what a recogniser heard, nil where none did.
	Heard []words.Word
}

// Load reads NAME.words.json and NAME.rttm and, where they are there, the events
// of NAME.jsonl (diarizer replay --json) and the words of NAME.heard.ctm.
func Load(path string) (Talk, error) {
	name := strings.TrimSuffix(path, ".words.json")
	t := Talk{Name: filepath.Base(name)}
	data, err := os.ReadFile(path)
	if err != nil {
		return t, err
	}
	var script struct {
		Words []struct {
			Text       string
			Start, End float64
			Speaker    string
		}
	}
	if err := json.Unmarshal(data, &script); err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	at := func(s float64) time.Duration { return time.Duration(math.Round(s*1000)) * time.Millisecond }
	for _, w := range script.Words {
		t.Words = append(t.Words, words.Word{Text: w.Text, Start: at(w.Start), End: at(w.End)})
		t.Speakers = append(t.Speakers, w.Speaker)
	}
	segments, err := rttm.ReadFile(name + ".rttm")
	if err != nil {
		return t, err
	}
	t.Turns = said.Segments(segments)
	if t.Found, err = found(name + ".jsonl"); err != nil {
		return t, err
	}
	heard, err := wordfile.ReadFile(name+".heard.ctm", t.Name)
	if err != nil && !os.IsNotExist(err) {
		return t, err
	}
	t.Heard = heard.Words
	return t, nil
}

// found applies the events in a file.
func found(path string) ([]words.Turn, error) {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var timeline event.Timeline
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		e, err := event.Decode(lines.Bytes())
		if err == nil {
			err = timeline.Apply(e)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return said.Turns(&timeline), lines.Err()
}

// place is where a word is.
type place int

// The places: while another speaks, within half a second of one who does,
// elsewhere.
const (
	alone place = iota
	change
	overlap
)

// places says where each word is.
func (t Talk) places() []place {
	const around = 20 // words that are looked at on either side
	out := make([]place, len(t.Words))
	for i, w := range t.Words {
		for j := max(0, i-around); j < min(len(t.Words), i+around); j++ {
			o := t.Words[j]
			gap := max(o.Start-w.End, w.Start-o.End)
			switch {
			case t.Speakers[i] == t.Speakers[j]:
			case gap < 0:
				out[i] = overlap
			case gap < 500*time.Millisecond:
				out[i] = max(out[i], change)
			}
		}
	}
	return out
}
