package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/session/said"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
	"github.com/seed-7adb9000/diarizer/words"
)

// Partial shows partial words, which may still change.
func (f *Feed) Partial(stream string, m heard.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.streams[stream]
	if s == nil {
		return
	}
	if g, ok := m.Guess(stream, s.board.Run(), s.board.Source().Origin); ok {
		s.guess = g
	}
}

// latestWords is how many of the latest words are made into lines.
const latestWords = 500

// said returns the last lines of what is said, each in its speaker's colour, with the
// present speakers of the words. It is nil if no recogniser has been heard.
func (s *stream) said(width, height int) []string {
	var list []event.Word
	recogniser := s.guess.Recogniser
	if all := s.board.Said(); len(all) > 0 {
		recogniser, list = all[0].Recogniser, all[0].Words
	}
	if recogniser == "" {
		return nil
	}
	list = list[max(0, len(list)-latestWords):]
	var lines []string
	for _, seg := range words.Segments(said.Words(list)) {
		who := event.Unknown
		if seg.Speaker != "" {
			_ = who.UnmarshalText([]byte(seg.Speaker)) // it was written by MarshalText
		}
		name := ansi.Truncate(clean(s.board.Name(who)), nameWidth-2, "…")
		name = colour(who).Bold(true).Render(name) + strings.Repeat(" ", nameWidth-2-lipgloss.Width(name))
		lines = append(lines, wrap(fmt.Sprintf("%8s  %s  ", talk.Clock(seg.Start.Seconds()), name), clean(seg.Text()), width, lipgloss.NewStyle())...)
	}
	if g := s.guess; g.Recogniser == recogniser && g.Text != "" && s.board.Ended() == nil && (len(list) == 0 || g.End > list[len(list)-1].End) {
		lines = append(lines, wrap(fmt.Sprintf("%8s  %-*s  ", talk.Clock(g.Start.Seconds()), nameWidth-2, "…"), clean(g.Text), width, faint)...)
	}
	return lines[max(0, len(lines)-height):]
}

// wrap returns the lines of a text after a head.
func wrap(head, text string, width int, style lipgloss.Style) []string {
	left := lipgloss.Width(head)
	lines := strings.Split(ansi.Wrap(text, max(8, width-left), ""), "\n")
	for i, l := range lines {
		lines[i] = head + style.Render(l)
		head = strings.Repeat(" ", left)
	}
	return lines
}
