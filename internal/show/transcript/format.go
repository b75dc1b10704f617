package transcript

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/charmbracelet/lipgloss"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// palette is the palette of Okabe and Ito ("Color Universal Design", 2008) for every colour
// vision, without black and without its darkest blue.
var palette = []lipgloss.Color{"#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#F0E442"}

// heading returns the names of the columns, once, before the first turn.
func (p *Printer) heading() []string {
	if !p.columns {
		return nil
	}
	p.columns = false
	return []string{p.faint.Render(fmt.Sprintf("%8s  %-*s %8s  sure of the speaker", "start", nameWidth, "speaker", "length"))}
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

// aside indents lines that are no turn.
const aside = "          "

// line is the line of a turn.
func (p *Printer) line(q piece, confidence float64, tl *event.Timeline) string {
	return fmt.Sprintf("%s  %s %s %s", p.faint.Render(Clock(q.start)), p.padded(q.speaker, tl),
		p.strong.Render(fmt.Sprintf("%8s", seconds(q.end-q.start))), p.faint.Render(fmt.Sprintf("%5s", percent(confidence))))
}

// nameWidth is the width of the column of speakers. Longer names push the rest to the
// right.
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

// Ending is the last line of a run that has ended: why, when, how many speakers and turns.
// It is empty for a run that goes on.
func Ending(tl *event.Timeline) string {
	if tl.Ended() == nil {
		return ""
	}
	return ending(tl.At(), *tl.Ended(), tl)
}

// ending counts the turns that have a line in files.
func ending(at event.Time, end event.End, tl *event.Timeline) string {
	sum := talk.Summarise(talk.Segments(tl))
	text := fmt.Sprintf("%s at %s: %s, %s", end.Reason, clock(at),
		talk.Count(sum.People(), "speaker"), talk.Count(len(sum.Turns), "turn"))
	if end.Detail != "" {
		text += ": " + clean(end.Detail)
	}
	return text
}

// Clock writes a stream time as mm:ss.s, with hours if there are any. It is eight
// characters wide for the first ten hours.
func Clock(t event.Time) string {
	tenths := int64(t) * 10 / event.Rate
	s, m, h := tenths/10%60, tenths/600%60, tenths/36000
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf(" %02d:%02d.%d", m, s, tenths%10)
}

// clock is Clock without leading space.
func clock(t event.Time) string { return strings.TrimSpace(Clock(t)) }

func seconds(t event.Time) string { return fmt.Sprintf("%.1f s", t.Seconds()) }

// percent is empty for an unknown probability. It is 99 % at most, because nothing that was
// heard is certain.
func percent(p float64) string {
	if !(p > 0) {
		return ""
	}
	return fmt.Sprintf("%.0f %%", min(99, p*100))
}

// clean replaces the control characters of a text from outside, so that the text can only
// be shown.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '·'
		}
		return r
	}, text)
}
