// Package transcript writes events for people, one line a turn, and for
// programs, one line of JSON an event. Every command that prints events uses
// it, so that they look the same wherever they are read.
package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/charmbracelet/lipgloss"
	"github.com/seed-7adb9000/diarizer/publish"
)

// Options change a Printer. The zero value is for one stream.
type Options struct {
	// Streams begins each line with the stream's id, for several at once.
	Streams bool
}

// Printer writes a transcript: a line when a turn has ended, and one for
// whatever is said differently later. Colours are used if the writer is a
// terminal that has them and NO_COLOR is not set.
type Printer struct {
	w       io.Writer
	opts    Options
	faint   lipgloss.Style
	strong  lipgloss.Style
	colours []lipgloss.Style
	runs    map[string]*publish.Timeline
}

// New returns a Printer on w.
func New(w io.Writer, opts Options) *Printer {
	r := lipgloss.NewRenderer(w)
	p := &Printer{w: w, opts: opts, faint: r.NewStyle().Faint(true), strong: r.NewStyle().Bold(true),
		runs: map[string]*publish.Timeline{}}
	for _, c := range palette {
		p.colours = append(p.colours, r.NewStyle().Foreground(c).Bold(true))
	}
	return p
}

// palette is the one of Okabe and Ito ("Color Universal Design", 2008), which
// colour-blind eyes tell apart, less black and its darkest blue.
var palette = []lipgloss.Color{"#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442"}

// Event prints what e adds to the transcript; for many events that is nothing.
func (p *Printer) Event(e publish.Event) error {
	key := e.Stream + "/" + e.Run
	tl := p.runs[key]
	if tl == nil {
		tl = publish.NewPartialTimeline()
		p.runs[key] = tl
	}
	seq := tl.Seq()
	before, known := publish.Turn{}, false
	if e.Turn != nil {
		before, known = tl.Turn(e.Turn.ID)
		known = known && !tl.Open(e.Turn.ID)
	}
	err := tl.Apply(e)
	if errors.Is(err, publish.ErrHole) { // whoever reads the events has been told
		tl.Skip(e)
		err = tl.Apply(e)
	}
	if err != nil {
		return err
	}
	if tl.Seq() == seq { // printed before
		return nil
	}
	line := p.line(e, tl, before, known)
	if e.Kind == publish.StreamEnded {
		delete(p.runs, key)
	}
	if line == "" {
		return nil
	}
	if p.opts.Streams {
		line = p.faint.Render(fmt.Sprintf("%-12s", e.Stream)) + " " + line
	}
	_, err = fmt.Fprintln(p.w, line)
	return err
}

// line is what e adds, or nothing. Before is what the turn was, if it had
// ended.
func (p *Printer) line(e publish.Event, tl *publish.Timeline, before publish.Turn, known bool) string {
	aside := strings.Repeat(" ", len(Clock(0))+2)
	switch e.Kind {
	case publish.StreamStarted:
		return p.faint.Render("listening to " + clean(e.Source.Name))
	case publish.StreamEnded:
		return p.faint.Render(ending(e, tl))
	case publish.TurnEnded:
		return p.turn(*e.Turn, tl)
	case publish.TurnRevised:
		switch {
		case known && before.Speaker != e.Turn.Speaker:
			return p.turn(*e.Turn, tl) + p.faint.Render("  not ") + p.speaker(before.Speaker, tl)
		case known && (before.Start != e.Turn.Start || before.End != e.Turn.End):
			return p.turn(*e.Turn, tl) + p.faint.Render("  was "+span(before))
		case !known:
			return p.turn(*e.Turn, tl)
		}
	case publish.TurnWithdrawn:
		if known {
			return p.faint.Render(fmt.Sprintf("%s  %s is part of another turn", Clock(before.Start), span(before)))
		}
	case publish.SpeakerMerged:
		return aside + p.speaker(e.Speaker, tl) + p.faint.Render(" is ") + p.speaker(e.Into, tl) + p.faint.Render(" after all")
	case publish.SpeakerIdentified:
		return aside + p.colour(e.Speaker).Render(e.Speaker.String()) + p.faint.Render(" is ") + p.speaker(e.Speaker, tl) +
			p.faint.Render(percent(e.Confidence))
	case publish.GapFound:
		return p.faint.Render(fmt.Sprintf("%s  %s of sound lost", Clock(e.Gap.Start), seconds(e.Gap.End-e.Gap.Start)))
	}
	return ""
}

func (p *Printer) turn(t publish.Turn, tl *publish.Timeline) string {
	return fmt.Sprintf("%s  %s %s %s", p.faint.Render(Clock(t.Start)), p.padded(t.Speaker, tl),
		p.strong.Render(fmt.Sprintf("%8s", seconds(t.End-t.Start))), p.faint.Render(fmt.Sprintf("%6s", percent(t.Confidence))))
}

// nameWidth is the width of the column of speakers; longer names push the rest.
const nameWidth = 8

func (p *Printer) padded(s publish.Speaker, tl *publish.Timeline) string {
	name := clean(tl.Name(s))
	return p.colour(s).Render(name) + strings.Repeat(" ", max(0, nameWidth-lipgloss.Width(name)))
}

func (p *Printer) speaker(s publish.Speaker, tl *publish.Timeline) string {
	return p.colour(s).Render(clean(tl.Name(s)))
}

func (p *Printer) colour(s publish.Speaker) lipgloss.Style {
	if s <= publish.Unknown {
		return p.faint
	}
	return p.colours[(int(s)-1)%len(p.colours)]
}

func ending(e publish.Event, tl *publish.Timeline) string {
	turns := tl.Turns()
	heard := map[publish.Speaker]bool{}
	for _, t := range turns {
		if t.Speaker != publish.Unknown {
			heard[t.Speaker] = true
		}
	}
	text := fmt.Sprintf("%s at %s: %s, %s", e.End.Reason, strings.TrimSpace(Clock(e.At)),
		count(len(heard), "speaker"), count(len(turns), "turn"))
	if e.End.Detail != "" {
		text += ": " + clean(e.End.Detail)
	}
	return text
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Clock writes a stream time as mm:ss.s, with hours only where there are some.
// It is eight characters wide for the first ten hours.
func Clock(t publish.Time) string {
	tenths := int64(t) * 10 / publish.Rate
	s, m, h := tenths/10%60, tenths/600%60, tenths/36000
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf(" %02d:%02d.%d", m, s, tenths%10)
}

func span(t publish.Turn) string {
	return strings.TrimSpace(Clock(t.Start)) + "–" + strings.TrimSpace(Clock(t.End))
}

func seconds(t publish.Time) string { return fmt.Sprintf("%.1f s", t.Seconds()) }

// percent is empty for a probability that was not given.
func percent(p float64) string {
	if !(p > 0) {
		return ""
	}
	return fmt.Sprintf(" %.0f %%", p*100)
}

// clean keeps what others have written from doing anything but showing.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '·'
		}
		return r
	}, text)
}

// JSONLines writes each event as one line of JSON.
type JSONLines struct {
	w   io.Writer
	buf bytes.Buffer
}

// NewJSONLines returns a JSONLines on w.
func NewJSONLines(w io.Writer) *JSONLines { return &JSONLines{w: w} }

// Event writes e.
func (j *JSONLines) Event(e publish.Event) error {
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return j.Raw(data)
}

// Raw writes the JSON of an event as it was received, unknown fields and all.
func (j *JSONLines) Raw(data []byte) error {
	j.buf.Reset()
	if err := json.Compact(&j.buf, data); err != nil {
		return err
	}
	j.buf.WriteByte('\n')
	_, err := j.w.Write(j.buf.Bytes())
	return err
}
