// Package transcript writes events for people, one line a turn, and for
// programs, one line of JSON an event. Every command that prints events uses
// it, so that they look the same wherever they are read.
package transcript

import (
	"errors"
	"fmt"
	"io"

	"github.com/charmbracelet/lipgloss"

	"github.com/seed-7adb9000/diarizer/event"
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

// now is who speaks between from and to by what is known.
func (r *run) now(from, to event.Time) []piece {
	var now []piece
	for _, t := range r.tl.Between(from, to) {
		now = append(now, piece{t.Start, t.End, t.Speaker})
	}
	return now
}
