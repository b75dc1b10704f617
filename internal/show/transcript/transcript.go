// Package transcript writes events for people, one line for each turn, and for programs,
// one line of JSON for each event. Every command that prints events uses it, so that
// events look the same everywhere.
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
	// Streams begins each line with the stream's id, for several streams at once.
	Streams bool
}

// Printer writes a transcript. When a turn has ended, it writes a line for the parts of the
// turn that have no line yet. When a printed turn turns out to be wrong, it writes a line
// with the correction. Corrections of less than half a second have no line, unless the
// printed turn was not longer; they are in the RTTM. Colours are used if the writer is a
// terminal with colours and NO_COLOR is not set.
type Printer struct {
	w       io.Writer
	opts    Options
	faint   lipgloss.Style
	strong  lipgloss.Style
	colours []lipgloss.Style
	runs    map[string]*run
	over    []string // keys of runs that have ended, the latest last
	columns bool     // whether the heading has to come before the next turn
	most    int      // how many pieces and closed turns of a run are remembered
}

// least is the shortest stretch that has a line or a correction of its own.
const least = event.Rate / 2

// run is the state of one run, and what the transcript has told of it.
type run struct {
	tl    *event.Timeline
	told  told
	short told // turns shorter than least that had a line
	at    event.Time
	// from and to enclose what has changed since the last look for corrections. revised are
	// the ids of the turns that were revised in that time.
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

// Event prints what e adds to the transcript, which often is nothing. A correction is
// printed with the first event that has a later time.
func (p *Printer) Event(e event.Event) error {
	key := e.Stream + "/" + e.Run
	r := p.runs[key]
	if r == nil {
		r = &run{tl: event.NewPartialTimeline()}
		r.tl.Bound(p.most)
		p.runs[key] = r
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
	if errors.Is(err, event.ErrHole) { // the reader of the events has reported the hole
		r.tl.Skip(e)
		err = r.tl.Apply(e)
	}
	if err != nil {
		return err
	}
	if r.tl.Seq() == seq { // e was printed before
		return nil
	}
	if e.Kind == event.StreamEnded {
		delete(p.runs, p.ended(key))
	}
	r.at = e.At
	lines = append(lines, p.lines(e, r)...)
	if e.Correction != nil { // after the end no later event comes
		lines = append(lines, p.corrections(r)...)
	}
	return p.print(e.Stream, lines)
}

// keptOver is how many runs that have ended are remembered, because people may still
// correct them.
const keptOver = 16

// ended remembers that a run has ended. If there are too many such runs, it returns the key of
// the one that ended first, to be forgotten.
func (p *Printer) ended(key string) (forget string) {
	p.over = append(p.over, key)
	if len(p.over) > keptOver {
		forget, p.over = p.over[0], p.over[1:]
	}
	return forget
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

// told remembers that q has a line.
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

// corrections returns the lines for what was told and is wrong, and for what revised turns
// have that was not told.
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

// lines returns the lines for e itself.
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

// turn returns the lines for the parts of t that were not told. A turn that goes on after
// its end gets a line for each part. A turn in the place of another has no line: that is a
// correction.
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

// now is who speaks between from and to, by the present turns.
func (r *run) now(from, to event.Time) []piece {
	var now []piece
	for _, t := range r.tl.Between(from, to) {
		now = append(now, piece{t.Start, t.End, t.Speaker})
	}
	return now
}
