package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

// A meeting ends only when the question was answered with yes. The view stays.
func TestEndingAsks(t *testing.T) {
	f := NewFeed()
	fill(t, f, meeting.Events(meeting.Options{Turns: 10})[:20])
	ended := 0
	start := NewModel(f)
	start.finish = func() { ended++ }
	quits := func(m tea.Model, keys ...string) bool {
		t.Helper()
		_, cmd := press(m, keys...)
		if cmd == nil {
			return false
		}
		_, ok := cmd().(tea.QuitMsg)
		return ok
	}
	var m tea.Model = start
	for _, keys := range [][]string{{"esc"}, {"?", "esc"}, {"q", "esc"}, {"q", "n"}, {"q", "q"}, {"ctrl+c", "esc", "esc"}, {"1", "esc", "esc"}, {"q", "x", "5"}} {
		if quits(m, keys...) || ended != 0 {
			t.Errorf("%v ends the meeting", keys)
		}
	}
	if open, _ := press(m, "?", "esc"); strings.Contains(open.View(), "Signs") {
		t.Error("Esc does not close the help")
	}
	asked, _ := press(m, "q")
	if !strings.Contains(asked.View(), "End it here?") {
		t.Errorf("no question:\n%s", asked.View())
	}
	if quits(asked, "y") || ended != 1 {
		t.Errorf("yes quits, or ends it %d times", ended)
	}
	if after, _ := press(asked, "y"); !quits(after, "q") {
		t.Error("what has been ended cannot be left")
	}
	if ended = 0; !quits(asked, "ctrl+c") || ended != 1 {
		t.Error("Ctrl-C, twice, does not end and quit")
	}
	f.Over()
	if ended = 0; !quits(m, "q") || ended != 0 {
		t.Error("what is over cannot be left without a question")
	}
}
