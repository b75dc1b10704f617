// Package report writes the figures of a conversation as one HTML page that is complete
// in itself: no script, no request, no font.
package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/show/palette"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

//go:embed report.css
var style string

// ErrNothing is returned if there are no turns and no title.
var ErrNothing = errors.New("no turns to report on")

// Options change the page. The zero value is valid.
type Options struct {
	// Title is the headline. Empty is the recording's name.
	Title string
	// Source is the origin that the footer names. Empty is "an RTTM file".
	Source string
}

const (
	longTurns         = 10
	mostInterruptions = 50
	maxStrips         = 12
	laneHeight        = 20
)

// strip is one line of the timeline.
type strip struct {
	Start, End float64
	Height     int
	Bands      []int
	Ticks      []tick
	Bars       []bar
}

type tick struct {
	X     string
	Label string
}

// bar is a stretch, or the part of a stretch in one strip. X and Width are in percent.
type bar struct {
	X, Width string
	Y        int
	Colour   int
	Words    string
}

// row is one line of the table of shares.
type row struct {
	talk.Speaker
	Colour int
	Width  string
	Mean   float64
}

// data is what the page shows.
type data struct {
	talk.Summary
	Title, Source, Policy string
	Lanes                 int // height of all lanes
	Strips                []strip
	Rows                  []row
	Long                  []talk.Turn
	Most                  []talk.Interruption
	Rest                  bool
}

// Write writes the page about the turns of one recording to w. If no two people ever speak
// at the same time in the turns, the page says that it cannot tell, instead of counting no
// interruptions.
func Write(w io.Writer, turns []rttm.Segment, opts Options) error {
	s := talk.Summarise(turns)
	if len(s.Turns) == 0 && opts.Title == "" {
		return ErrNothing
	}
	sum := sha256.Sum256([]byte(style))
	d := data{Summary: s, Title: opts.Title, Source: opts.Source,
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'",
		Lanes: len(s.Speakers) * laneHeight, Long: s.Longest(longTurns),
		Most: s.Interruptions[:min(len(s.Interruptions), mostInterruptions)],
		Rest: len(s.Interruptions) > mostInterruptions}
	if d.Title == "" {
		d.Title = turns[0].File
	}
	if d.Source == "" {
		d.Source = "an RTTM file"
	}
	colours := make(map[string]int)
	for i, sp := range s.Speakers {
		colours[sp.Name] = i
		d.Rows = append(d.Rows, row{Speaker: sp, Colour: i % palette.Count,
			Width: decimal(100 * sp.Share), Mean: sp.Talk / float64(sp.Turns)})
	}
	if len(s.Turns) > 0 {
		d.Strips = strips(s, colours)
	}
	return page(&d).Render(w)
}

// strips cuts the time from 0 to the end into strips of a round length.
func strips(s talk.Summary, lanes map[string]int) []strip {
	length := stripLength(s.End)
	out := make([]strip, max(1, int(math.Ceil(s.End/length-1e-9))))
	for i := range out {
		st := &out[i]
		st.Start, st.End = float64(i)*length, float64(i+1)*length
		st.Height = len(lanes)*laneHeight + 18
		for y := 0; y < len(lanes); y += 2 {
			st.Bands = append(st.Bands, y*laneHeight)
		}
		ticks, _ := talk.Ticks(st.Start, st.End, 8)
		for _, t := range ticks {
			if t < st.End { // the next strip begins with this tick
				st.Ticks = append(st.Ticks, tick{decimal(100 * (t - st.Start) / length), talk.Clock(t)})
			}
		}
	}
	for _, t := range s.Stretches {
		words := fmt.Sprintf("%s, %s to %s (%.1f s)", t.Speaker, talk.Clock(t.Start), talk.Clock(t.End), t.Length())
		for i := int(t.Start / length); i < len(out) && out[i].Start < t.End; i++ {
			from, to := max(t.Start, out[i].Start), min(t.End, out[i].End)
			lane := lanes[t.Speaker]
			out[i].Bars = append(out[i].Bars, bar{X: decimal(100 * (from - out[i].Start) / length),
				Width: decimal(max(0.08, 100*(to-from)/length)), Y: lane*laneHeight + 3,
				Colour: lane % palette.Count, Words: words})
		}
	}
	return out
}

// stripLength is a round number of seconds of which at most maxStrips cover the time to
// end. It is a little longer if the last strip would be nearly empty. A recording that fits
// into one strip has one strip.
func stripLength(end float64) float64 {
	const one = 120
	if end <= one {
		return end
	}
	_, step := talk.Ticks(0, end, maxStrips-1)
	step = max(step, one)
	if n, rest := math.Modf(end / step); n > 0 && rest < 0.05 {
		return end / n
	}
	return step
}

// decimal formats a percentage finely enough for a pixel of a wall screen.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

func percent(part, whole float64) string {
	if whole == 0 {
		return "0 %"
	}
	return fmt.Sprintf("%.0f %%", 100*part/whole)
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}
