// Package demo holds a recording to try the program on, and the exact reference of who speaks when.
// Four synthetic voices plan a community garden. README.md says how it was made and under which
// licences.
package demo

import (
	_ "embed"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/words"
)

//go:generate go run ./gen .

// Name is the recording's name, the File of its reference.
const Name = "demo"

//go:embed demo.flac
var recording string

//go:embed demo.rttm
var reference string

//go:embed demo.ctm
var script string

// Recording returns the recording: FLAC, 16 kHz, mono, 16 bits, 70 s.
func Recording() io.ReadSeeker { return strings.NewReader(recording) }

// Reference returns who speaks when in the recording, by start. Boundaries are
// on the grid of 10 ms and follow the energy of the voices before noise was
// added; pauses of up to half a second are part of the speech around them.
func Reference() []rttm.Segment {
	segments, err := rttm.Read(strings.NewReader(reference), "demo.rttm")
	if err != nil {
		panic(err) // a test reads the embedded file
	}
	return segments
}

// Words returns the words of the recording with their speakers, by start.
func Words() []words.Said {
	var out []words.Said
	for line := range strings.Lines(script) {
		var s words.Said
		var file, channel, confidence, kind string
		var start, length float64
		if _, err := fmt.Sscan(line, &file, &channel, &start, &length, &s.Text, &confidence, &kind, &s.Speaker); err != nil {
			panic(err) // a test reads the embedded file
		}
		s.Start, s.End, s.Probability = seconds(start), seconds(start+length), 1
		out = append(out, s)
	}
	return out
}

// seconds rounds to the grid of the script.
func seconds(s float64) time.Duration {
	return time.Duration(math.Round(s*100)) * 10 * time.Millisecond
}

// Script returns the words of the recording with their times and speakers, as
// NIST's CTM, by start. Their times are a forced alignment's, on the grid of
// 10 ms.
func Script() io.Reader { return strings.NewReader(script) }
