// Package said converts events and RTTM lines to the types of package words, which knows
// neither events nor files.
package said

import (
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/words"
)

// Turns returns the turns of a timeline. Their speakers are ids such as S1, not names,
// because two speakers may have the same name.
func Turns(t *event.Timeline) []words.Turn {
	all := t.Turns()
	out := make([]words.Turn, 0, len(all))
	for _, turn := range all {
		out = append(out, Turn(turn))
	}
	return out
}

// Turn converts one turn.
func Turn(t event.Turn) words.Turn {
	w := words.Turn{Start: t.Start.Duration(), End: t.End.Duration(), Confidence: t.Confidence}
	if t.Speaker != event.Unknown {
		w.Speaker = t.Speaker.String()
	}
	return w
}

// Segments makes turns of the lines of one recording's RTTM. They have no confidence.
func Segments(segments []rttm.Segment) []words.Turn {
	out := make([]words.Turn, 0, len(segments))
	for _, s := range segments {
		w := words.Turn{Start: duration(s.Start), End: duration(s.End), Speaker: s.Speaker}
		if s.Speaker == event.Unknown.String() || s.Speaker == "<NA>" {
			w.Speaker = ""
		}
		out = append(out, w)
	}
	return out
}

func duration(seconds float64) time.Duration {
	return time.Duration(seconds*1e9 + 0.5)
}

// Words converts words of a recogniser. Their speakers are ids such as S1.
func Words(list []event.Word) []words.Said {
	out := make([]words.Said, 0, len(list))
	for _, w := range list {
		s := words.Said{Word: words.Word{Text: w.Text, Start: w.Start.Duration(), End: w.End.Duration(), Confidence: w.Confidence,
			Estimated: w.Estimated, Break: w.Line}, Probability: w.Probability}
		if w.Speaker != event.Unknown {
			s.Speaker = w.Speaker.String()
		}
		out = append(out, s)
	}
	return out
}

// Names returns the names of a timeline's speakers, by id.
func Names(t *event.Timeline) map[string]string {
	names := map[string]string{}
	for _, turn := range t.Turns() {
		if turn.Speaker != event.Unknown {
			names[turn.Speaker.String()] = t.Name(turn.Speaker)
		}
	}
	return names
}
