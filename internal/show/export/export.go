// Package export writes who spoke when in the formats of other programs: a
// table, subtitles, and documents of the annotation tool ELAN.
package export

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
)

// Format is a way to write timelines.
type Format string

// The formats. SRT, VTT, EAF and HTML hold one stream.
const (
	RTTM Format = "rttm" // NIST's lines of turns
	CSV  Format = "csv"  // a table with a header, RFC 4180
	SRT  Format = "srt"  // SubRip subtitles that name who speaks
	VTT  Format = "vtt"  // WebVTT with voices
	EAF  Format = "eaf"  // ELAN, with a tier for each speaker
	JSON Format = "json" // one document: turns, speakers and how much each spoke
	HTML Format = "html" // a page to read; see package report
)

// Formats lists the formats.
func Formats() []Format { return []Format{RTTM, CSV, SRT, VTT, EAF, JSON, HTML} }

// single has the formats that hold one stream.
var single = map[Format]func(io.Writer, *event.Timeline) error{SRT: writeSRT, VTT: writeVTT, EAF: writeEAF, HTML: writeHTML}

// Write writes the turns of timelines. Turns without a length are left out.
func Write(w io.Writer, f Format, timelines []*event.Timeline) error {
	one, ok := single[f]
	switch {
	case f == RTTM:
		var segments []rttm.Segment
		for _, t := range timelines {
			segments = append(segments, t.Segments()...)
		}
		return rttm.Write(w, segments)
	case f == CSV:
		return writeCSV(w, timelines)
	case f == JSON:
		return writeJSON(w, timelines)
	case !ok:
		return fmt.Errorf("format %q: expected one of %q", f, Formats())
	case len(timelines) > 1:
		names := make([]string, len(timelines))
		for i, t := range timelines {
			names[i] = t.Stream()
		}
		return fmt.Errorf("format %s: expected one stream instead of %s", f, strings.Join(names, ", "))
	case len(timelines) == 0:
		return one(w, &event.Timeline{})
	}
	return one(w, timelines[0])
}

// cue is what one speaker says without a break. Times are in milliseconds.
type cue struct {
	name       string
	start, end int64
}

// cues returns the turns of a timeline by start, where turns of one speaker that touch or
// overlap are joined.
func cues(t *event.Timeline) []cue {
	var all []cue
	last := map[string]int{}
	for _, turn := range t.Turns() {
		c := cue{t.Name(turn.Speaker), milliseconds(turn.Start), milliseconds(turn.End)}
		if c.start == c.end {
			continue
		}
		if i, ok := last[c.name]; ok && c.start <= all[i].end {
			all[i].end = max(all[i].end, c.end)
			continue
		}
		last[c.name] = len(all)
		all = append(all, c)
	}
	return slices.Clip(all)
}

// milliseconds rounds as package rttm does.
func milliseconds(t event.Time) int64 { return int64(math.Round(t.Seconds() * 1000)) }
