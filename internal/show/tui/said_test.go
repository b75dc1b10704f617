package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/heard"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

// The view shows the words with their present speakers, and the latest partial words, in
// the space that there is.
func TestShowsWhatIsSaid(t *testing.T) {
	f := NewFeed()
	events := meeting.Events(meeting.Options{Turns: 20, Names: []string{"Ada"}})
	fill(t, f, events[:len(events)/2])
	at := events[len(events)/2-1].At
	seq := events[len(events)/2-1].Seq
	enc := event.Encoder{Stream: "meeting", Run: "run1", Seq: seq}
	f.Partial("meeting", heard.Message{Partial: true, Words: []heard.Word{{Text: "Perhaps\x1b[2J", Start: 1, End: 2}}})
	m, _ := NewModel(f).Update(tea.WindowSizeMsg{Width: 60, Height: 30})
	if v := m.View(); !strings.Contains(v, "Perhaps·[2J") {
		t.Errorf("no partial words:\n%s", v)
	}
	list := []event.Word{{ID: 1, Text: "Good", Start: at, End: at + 800, Speaker: 1}, {ID: 2, Text: "morning.", Start: at + 900, End: at + 1600, Speaker: 1}}
	for i := range 40 {
		start := at + 2000 + event.Time(i)*900
		list = append(list, event.Word{ID: 3 + i, Text: "漢字word", Start: start, End: start + 800, Speaker: 2})
	}
	fill(t, f, []event.Event{enc.Words(int64(at), event.Words{Recogniser: "words", List: list})})
	v := m.View()
	if !strings.Contains(v, "Good morning.") || strings.Contains(v, "Perhaps") {
		t.Errorf("what was said is not what is shown:\n%s", v)
	}
	line := func(view string) string {
		for l := range strings.Lines(view) {
			if strings.Contains(l, "Good morning.") {
				return l
			}
		}
		return ""
	}
	if l := line(v); !strings.Contains(l, "Ada") {
		t.Errorf("Ada said it: %q", l)
	}
	for i := range list[:2] {
		list[i].Speaker = 2
	}
	fill(t, f, []event.Event{enc.Words(int64(at), event.Words{Recogniser: "words", List: list[:2]})})
	if l := line(m.View()); strings.Contains(l, "Ada") || !strings.Contains(l, "S2") {
		t.Errorf("it was S2: %q", l)
	}
	for l := range strings.Lines(m.View()) {
		if w := lipgloss.Width(strings.TrimSuffix(l, "\n")); w > 60 {
			t.Errorf("%d columns: %q", w, l)
		}
	}
}
