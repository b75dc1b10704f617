package enroll

import (
	"math"

	"github.com/seed-7adb9000/diarizer/vad"
)

// loudness counts how loud the frames of speech are, the short pauses between words
// included, in steps of a decibel from -quietest dBFS on.
type loudness [quietest + 1]int

const (
	// quietest is the level in dB below full scale under which there is no sound at
	// all, but digital silence.
	quietest = 95
	// The quietest twentieth of speech are moments between sounds, in which the room
	// is heard, or the microphone. The level of speech is that of its louder half.
	pauses, loud = 0.05, 0.75
)

func (l *loudness) add(decisions []vad.Decision) {
	for _, d := range decisions {
		if at := int(math.Round(float64(d.Level))) + quietest; d.Speech && at >= 0 {
			l[min(at, quietest)]++
		}
	}
}

// levels returns the level of the speech and of what is heard between its sounds, in
// dBFS.
func (l *loudness) levels() (speech, noise float64) { return l.quantile(loud), l.quantile(pauses) }

func (l *loudness) quantile(q float64) float64 {
	all := 0
	for _, n := range l {
		all += n
	}
	below := 0
	for at, n := range l {
		if below += n; float64(below) > q*float64(all) {
			return float64(at - quietest)
		}
	}
	return -quietest
}
