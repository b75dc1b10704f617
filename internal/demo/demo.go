// Package demo holds a recording to try the program on, and the exact
// reference of who speaks when: four synthetic voices plan a community garden.
// README.md says how it was made and under which licences.
package demo

import (
	_ "embed"
	"io"
	"strings"

	"github.com/seed-7adb9000/diarizer/internal/rttm"
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

// Script returns the words of the recording with their times and speakers, as
// NIST's CTM, by start. Their times are a forced alignment's, on the grid of
// 10 ms.
func Script() io.Reader { return strings.NewReader(script) }
