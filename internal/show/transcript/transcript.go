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

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// Options change a Printer. The zero value is for one stream.
type Options struct {
	// Streams begins each line with the stream's id, for several at once.
	Streams bool
}

// Printer writes a transcript: a line when a turn has ended, with what was not
// told of it before, and lines for what turns out to be different from what was
// told. Corrections of less than half a second are not worth a line, unless what
// was told was not longer; the RTTM has them. Colours are used if the writer is a terminal that has them and
// NO_COLOR is not set.
type Printer struct {
	w       io.Writer
	opts    Options
	faint   lipgloss.Style
	strong  lipgloss.Style
	colours []lipgloss.Style
	runs    map[string]*run
	over    []string // runs that have ended, the latest last
	columns bool     // whether the next line of a turn has to be told what its columns are
	most    int      // pieces and closed turns of a run that are kept in mind
}

// least is the shortest stretch that is told or corrected on its own.
const least = event.Rate / 2

// run is what is known and what was told of one run.
type run struct {
	tl    *event.Timeline
	told  told
	short told // turns shorter than least that had a line
	at    event.Time
	// from and to enclose what changed since the last look for corrections,
	// revised are the turns that were.
	from, to event.Time
	revised  []int
}

// New returns a Printer on w.
func New(w io.Writer, opts Options) *Printer {
	r := lipgloss.NewRenderer(w)
	p := &Printer{w: w, opts: opts, columns: true, faint: r.NewStyle().Faint(true), strong: r.NewStyle().Bold(true),
		runs: map[string]*run{}, most: mostTold}
	for _, c := range palette {
		p.colours = append(p.colours, r.NewStyle().Foreground(c).Bold(true))
	}
	return p
}

// palette is the one of Okabe and Ito ("Color Universal Design", 2008), which
// colour-blind eyes tell apart, less black and its darkest blue.
var palette = []lipgloss.Color{"#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442"}

// Event prints what e adds to the transcript; for many events that is nothing.
// Corrections are printed with the first event that is decided later than they.
func (p *Printer) Event(e event.Event) error {
	key := e.Stream + "/" + e.Run
	r := p.runs[key]
	if r == nil {
		r = &run{tl: event.NewPartialTimeline()}
		r.tl.Bound(p.most)
		p.runs[key] = r
	}
	if e.Kind == event.StreamEnded {
		defer p.let(key)
	}
	seq := r.tl.Seq()
	var lines []string
	if e.Seq > seq && (e.At > r.at || e.Kind == event.StreamEnded) {
		lines = p.corrections(r)
	}
	if e.Turn != nil {
		if before, ok := r.tl.Turn(e.Turn.ID); ok {
			r.changed(before)
		}
		r.changed(*e.Turn)
	}
	err := r.tl.Apply(e)
	if errors.Is(err, event.ErrHole) { // the reader of the events has been told
		r.tl.Skip(e)
		err = r.tl.Apply(e)
	}
	if err != nil {
		return err
	}
	if r.tl.Seq() == seq { // printed before
		return nil
	}
	r.at = e.At
	lines = append(lines, p.lines(e, r)...)
	if e.Correction != nil { // after the end there is no later decision to wait for
		lines = append(lines, p.corrections(r)...)
	}
	return p.print(e.Stream, lines)
}

// keptOver is how many runs that have ended are kept in mind, as people may still
// correct them.
const keptOver = 16

// let notes that a run has ended, and forgets the one that ended first of too many.
func (p *Printer) let(key string) {
	p.over = append(p.over, key)
	if len(p.over) > keptOver {
		delete(p.runs, p.over[0])
		p.over = p.over[1:]
	}
}

func (p *Printer) print(stream string, lines []string) error {
	for _, line := range lines {
		if p.opts.Streams {
			line = p.faint.Render(fmt.Sprintf("%-12s", stream)) + " " + line
		}
		if _, err := fmt.Fprintln(p.w, line); err != nil {
			return err
		}
	}
	return nil
}

// heading names the columns, once, before the first turn.
func (p *Printer) heading() []string {
	if !p.columns {
		return nil
	}
	p.columns = false
	return []string{p.faint.Render(fmt.Sprintf("%8s  %-*s %8s  sure of the speaker", "start", nameWidth, "speaker", "length"))}
}

// told keeps in mind that q had a line.
func (p *Printer) told(r *run, q piece) {
	r.told.add(q, p.most)
	if q.end-q.start < least {
		r.short.add(q, p.most)
	}
}

func (r *run) changed(t event.Turn) {
	if r.from == r.to {
		r.from, r.to = t.Start, t.End
	}
	r.from, r.to = min(r.from, t.Start), max(r.to, t.End)
}

// corrections are lines for what was told and is not so, and for what revised
// turns have that was not told.
func (p *Printer) corrections(r *run) []string {
	var lines []string
	for _, c := range r.told.corrections(r.now(r.from, r.to), r.from, r.to) {
		if c.end-c.start < least && !r.short.within(c.start, c.end) {
			continue
		}
		r.told.correct(c)
		lines = append(lines, p.faint.Render(fmt.Sprintf("%s%s–%s is ", aside, clock(c.start), clock(c.end)))+
			p.speakers(c.is, r.tl)+p.faint.Render(", not ")+p.speakers(c.was, r.tl))
	}
	for _, id := range r.revised {
		if t, ok := r.tl.Turn(id); ok && !r.tl.Open(id) {
			lines = append(lines, p.turn(t, r)...)
		}
	}
	r.from, r.to, r.revised = 0, 0, r.revised[:0]
	return lines
}

func (p *Printer) speakers(who []event.Speaker, tl *event.Timeline) string {
	if len(who) == 0 {
		return p.faint.Render("nobody")
	}
	var names []string
	for _, s := range who {
		names = append(names, p.speaker(s, tl))
	}
	return strings.Join(names, p.faint.Render(" and "))
}

// aside indents what is no turn.
const aside = "          "

// lines are what e adds by itself.
func (p *Printer) lines(e event.Event, r *run) []string {
	switch e.Kind {
	case event.StreamStarted:
		return []string{p.faint.Render("listening to " + clean(e.Source.Name))}
	case event.StreamEnded:
		return []string{p.faint.Render(ending(e.At, *e.End, r.tl))}
	case event.TurnEnded:
		return p.turn(*e.Turn, r)
	case event.TurnRevised:
		r.revised = append(r.revised, e.Turn.ID)
	case event.SpeakerMerged:
		r.told.merge(e.Speaker, e.Into)
		return []string{aside + p.speaker(e.Speaker, r.tl) + p.faint.Render(" is ") + p.speaker(e.Into, r.tl) + p.faint.Render(" after all")}
	case event.SpeakerIdentified:
		line := aside + p.colour(e.Speaker).Render(e.Speaker.String()) + p.faint.Render(" is ") + p.speaker(e.Speaker, r.tl)
		if sure := percent(e.Confidence); sure != "" && e.Confidence < 1 { // what people say has no probability
			line += p.faint.Render("  " + sure)
		}
		return []string{line}
	case event.Marked:
		text := "marked"
		if e.Mark.Text != "" {
			text = "marked: " + clean(e.Mark.Text)
		}
		return []string{p.faint.Render(Clock(e.Mark.At) + "  " + text)}
	case event.GapFound:
		return []string{p.faint.Render(fmt.Sprintf("%s  %s of sound lost", Clock(e.Gap.Start), seconds(e.Gap.End-e.Gap.Start)))}
	}
	return nil
}

// turn tells of t what is news. A turn that was taken up again has a line for
// each time, and one in the place of another has none: that is a correction.
func (p *Printer) turn(t event.Turn, r *run) []string {
	whole := piece{t.Start, t.End, t.Speaker}
	var lines []string
	for _, q := range r.told.untold(whole, r.now(t.Start, t.End)) {
		if q.end-q.start < least && q != whole {
			continue
		}
		p.told(r, q)
		lines = append(append(lines, p.heading()...), p.line(q, t.Confidence, r.tl))
	}
	return lines
}

// line is that of a turn.
func (p *Printer) line(q piece, confidence float64, tl *event.Timeline) string {
	return fmt.Sprintf("%s  %s %s %s", p.faint.Render(Clock(q.start)), p.padded(q.speaker, tl),
		p.strong.Render(fmt.Sprintf("%8s", seconds(q.end-q.start))), p.faint.Render(fmt.Sprintf("%5s", percent(confidence))))
}

// now is who speaks between from and to by what is known.
func (r *run) now(from, to event.Time) []piece {
	var now []piece
	for _, t := range r.tl.Between(from, to) {
		now = append(now, piece{t.Start, t.End, t.Speaker})
	}
	return now
}

// nameWidth is the width of the column of speakers; longer names push the rest.
const nameWidth = 8

func (p *Printer) padded(s event.Speaker, tl *event.Timeline) string {
	name := clean(tl.Name(s))
	return p.colour(s).Render(name) + strings.Repeat(" ", max(0, nameWidth-lipgloss.Width(name)))
}

func (p *Printer) speaker(s event.Speaker, tl *event.Timeline) string {
	return p.colour(s).Render(clean(tl.Name(s)))
}

func (p *Printer) colour(s event.Speaker) lipgloss.Style {
	if s <= event.Unknown {
		return p.faint
	}
	return p.colours[(int(s)-1)%len(p.colours)]
}

// Ending is the last line of a run that is over: why, when, how many spoke how often. It
// is empty for one that goes on.
func Ending(tl *event.Timeline) string {
	if tl.Ended() == nil {
		return ""
	}
	return ending(tl.At(), *tl.Ended(), tl)
}

// ending counts what files have lines for.
func ending(at event.Time, end event.End, tl *event.Timeline) string {
	sum := talk.Summarise(talk.Segments(tl))
	text := fmt.Sprintf("%s at %s: %s, %s", end.Reason, clock(at),
		talk.Count(sum.People(), "speaker"), talk.Count(len(sum.Turns), "turn"))
	if end.Detail != "" {
		text += ": " + clean(end.Detail)
	}
	return text
}

// Clock writes a stream time as mm:ss.s, with hours only where there are some.
// It is eight characters wide for the first ten hours.
func Clock(t event.Time) string {
	tenths := int64(t) * 10 / event.Rate
	s, m, h := tenths/10%60, tenths/600%60, tenths/36000
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf(" %02d:%02d.%d", m, s, tenths%10)
}

// clock is Clock without the space before it.
func clock(t event.Time) string { return strings.TrimSpace(Clock(t)) }

func seconds(t event.Time) string { return fmt.Sprintf("%.1f s", t.Seconds()) }

// percent is empty for a probability that was not given. Nothing that was heard is
// certain, so that it is 99 % at most.
func percent(p float64) string {
	if !(p > 0) {
		return ""
	}
	return fmt.Sprintf("%.0f %%", min(99, p*100))
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
func (j *JSONLines) Event(e event.Event) error {
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
