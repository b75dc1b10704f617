package tui

import (
	"fmt"
	"math"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/show/palette"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

var (
	strong = lipgloss.NewStyle().Bold(true)
	faint  = lipgloss.NewStyle().Faint(true)
)

// The smallest terminal that the view is drawn in.
const (
	leastWidth  = 40
	leastHeight = 8
)

// The columns to the left of the lanes, without the blank before the lanes.
const (
	nameWidth   = 12
	numberWidth = 15 // " 37 %  1:00:12"
)

// View draws the view. It has no more lines than the terminal, and no line is wider than
// the terminal.
func (m Model) View() string {
	if m.width < leastWidth || m.height < leastHeight {
		return ansi.Truncate(fmt.Sprintf("at least %d×%d", leastWidth, leastHeight), m.width, "")
	}
	m.feed.mu.Lock()
	defer m.feed.mu.Unlock()
	s := m.shown()
	var lines []string
	var shares []board.Share
	if s != nil {
		shares = s.board.Shares()
	}
	switch {
	case m.help:
		lines = helpLines
	case s == nil:
		lines = append([]string{strong.Render("diarizer"), "", "waiting for a stream"}, m.feed.messages...)
	default:
		lines = m.lines(s, shares)
	}
	body := m.height - 1
	if len(lines) > body {
		lines = lines[:body]
	}
	for len(lines) < body {
		lines = append(lines, "")
	}
	lines = append(lines, faint.Render(m.foot(shares)))
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, m.width, "…")
	}
	return strings.Join(lines, "\n")
}

var helpLines = []string{
	strong.Render("Keys"), "",
	"←  →         scroll by a quarter",
	"PgUp PgDn    scroll by the whole width",
	"Home  End    go to the beginning, to now",
	"+  −  0      show less, more, all",
	"Tab          the next stream, or earlier run",
	"↑ ↓  1 to 9  choose a speaker, Esc nobody",
	"n            name the speaker; an empty name removes the name",
	"m            the speaker is the same person as another: merge",
	"s            the speaker is two people: split",
	"g            give a turn to a speaker: choose the turn, then the speaker",
	"[ ]  { }     while choosing: give less of the turn, more again",
	"u            undo the last correction",
	"x            mark this moment",
	"v            keep the speaker's voice, with their yes, where --identify is given",
	"?            close this",
	"Esc          close what is open; it never ends anything",
	"q  Ctrl-C    end, after a question, or leave what has ended", "",
	strong.Render("Signs"), "",
	"██ final   ▒▒ provisional   ▓▓ corrected since   ╳ sound lost",
}

// lines is the head, the lanes, and as much of the transcript as fits.
func (m Model) lines(s *stream, shares []board.Share) []string {
	lines := append(m.head(s, shares), "")
	rest := m.height - 1 - len(lines)
	lanes := min(len(shares), max(1, rest-2))
	lines = append(lines, m.lanes(s, shares[:lanes], len(shares)-lanes)...)
	rest = m.height - 1 - len(lines) - 1
	if rest < 1 {
		return lines
	}
	lines = append(lines, faint.Render(strings.Repeat("─", m.width)))
	var message []string
	if n := len(m.feed.messages); n > 0 {
		message = []string{faint.Render(clean(m.feed.messages[n-1]))}
		rest--
	}
	text := s.said(m.width, max(0, rest))
	if text == nil {
		text = s.lines[max(0, len(s.lines)-rest):]
	}
	return append(append(lines, text...), message...)
}

// head returns the lines about who speaks now and how the stream is doing.
func (m Model) head(s *stream, shares []board.Share) []string {
	b := &s.board
	state := "live"
	if b.Ended() != nil {
		state = string(b.Ended().Reason)
	}
	which := ""
	if m.feed.streams[b.Stream()] != s {
		which = "   earlier run, of " + b.Source().Origin.Local().Format("2 Jan 15:04")
	}
	runs := m.feed.earlierRuns()
	if n := len(m.feed.order) - runs; n > 1 {
		which += fmt.Sprintf("   %d streams", n)
	}
	if runs > 0 {
		which += "   " + talk.Count(runs, "earlier run") + ": Tab"
	}
	title := fmt.Sprintf("%s  %s  %s  %s%s", strong.Render("diarizer"), s.title(), state, talk.Clock(s.at().Seconds()), which)
	return []string{title, now(s), meterLine(s, len(shares))}
}

// now is the line about who speaks.
func now(s *stream) string {
	b := &s.board
	open := b.Speaking()
	if len(open) == 0 {
		turns := b.Turns()
		if len(turns) == 0 || b.Ended() != nil {
			return faint.Render("nobody speaks")
		}
		last := turns[0]
		for _, t := range turns {
			if t.End > last.End {
				last = t
			}
		}
		return faint.Render(fmt.Sprintf("nobody speaks; last %s, %.1f s ago", clean(b.Name(last.Speaker)), max(0, (s.at()-last.End).Seconds())))
	}
	var who []string
	for _, t := range open {
		who = append(who, fmt.Sprintf("%s %s %s", colour(t.Speaker).Render("██"), strong.Render(clean(b.Name(t.Speaker))),
			faint.Render(fmt.Sprintf("%.1f s, %s", max(0, (s.at()-t.Start).Seconds()), t.State))))
	}
	return strings.Join(who, "   ")
}

// meterLine is the level, the latency, lost sound, and counts.
func meterLine(s *stream, speakers int) string {
	const width = 16
	bar, text := faint.Render(strings.Repeat("░", width)), "no level"
	lag := s.lag
	if r := s.reading; r != nil && s.board.Ended() == nil {
		scale := func(db float64) int { return int(math.Round(width * min(1, max(0, (db+60)/60)))) }
		level, peak := scale(r.Level), scale(r.Peak)
		cells := []rune(strings.Repeat("█", level) + strings.Repeat("░", width-level))
		if peak > level {
			cells[peak-1] = '│'
		}
		bar, text = string(cells), fmt.Sprintf("%3.0f dB", r.Level)
		lag += r.Lag
	}
	var lost event.Time
	for _, g := range s.board.Gaps() {
		lost += g.End - g.Start
	}
	gaps := "nothing lost"
	if lost > 0 {
		gaps = strong.Render(fmt.Sprintf("%.1f s lost in %s", lost.Seconds(), talk.Count(len(s.board.Gaps()), "gap")))
	}
	turns := 0
	for _, sh := range s.board.Shares() {
		turns += sh.Turns
	}
	return fmt.Sprintf("%s %s   %.2f s behind   %s   %s, %s", bar, text, lag, gaps, talk.Count(speakers, "speaker"), talk.Count(turns, "turn"))
}

// lanes draws the shares and lanes of the speakers, and the times below.
func (m Model) lanes(s *stream, shares []board.Share, more int) []string {
	left := nameWidth + numberWidth
	width := m.width - left - 1
	end := m.end
	if !m.fixed {
		end = max(s.at(), m.span)
	}
	g := grid{start: end - m.span, span: m.span, width: width}
	lost := g.gaps(s.board.Gaps())
	var lines []string
	for _, sh := range shares {
		mark, chosen := " ", " "
		if sh.Speaking {
			mark = "▶"
		}
		if sh.Speaker == m.desk.selected && sh.Speaker != event.Unknown {
			chosen = "›"
		}
		name := ansi.Truncate(clean(sh.Name), nameWidth-2, "…")
		name += strings.Repeat(" ", nameWidth-2-lipgloss.Width(name))
		style := colour(sh.Speaker)
		lines = append(lines, fmt.Sprintf("%s%s%s %3.0f %% %8s %s", mark, chosen, style.Bold(true).Render(name), sh.Share*100,
			talk.Clock(sh.Talk.Seconds()), g.lane(s.board.Turns(), sh.Speaker, lost, style)))
	}
	foot := strings.Repeat(" ", left+1)
	if more > 0 {
		foot = fmt.Sprintf("%-*s", left+1, fmt.Sprintf("  and %d more", more))
	}
	return append(lines, faint.Render(foot+g.axis()))
}

func colour(s event.Speaker) lipgloss.Style {
	return lipgloss.NewStyle().Foreground(lipgloss.Color(palette.Of(int(s) - 1).Hex()))
}
