package tui

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/online"
)

// corrected is a view of a stream with three speakers. Its corrections go to a real desk,
// and from there into the view.
func corrected(t *testing.T) (tea.Model, *[]correct.Correction) {
	t.Helper()
	f := NewFeed()
	d := correct.NewDesk(correct.Options{Encoder: &event.Encoder{Stream: "s", Run: "r"}, Emit: f.Event})
	err := d.Encode(func(e *event.Encoder) event.Event { return e.Start(event.Source{}) })
	for i := 1; i <= 3; i++ {
		start := int64(i) * 32000
		err = errors.Join(err, d.Decide(online.Event{Kind: online.SpeakerAdded, Speaker: i}),
			d.Decide(online.Event{Kind: online.TurnEnded, At: start + 16000, Turn: online.Turn{ID: i, Speaker: i, Start: start, End: start + 16000, State: online.Final}}))
	}
	if err != nil {
		t.Fatal(err)
	}
	var asked []correct.Correction
	m := NewModel(f)
	m.correct = func(_ context.Context, stream string, c correct.Correction) (correct.Reply, error) {
		asked = append(asked, c)
		if stream != "s" {
			return correct.Reply{}, fmt.Errorf("stream %s: %w", stream, correct.ErrNobody)
		}
		return d.Correct(c)
	}
	return m, &asked
}

// do presses keys and runs the commands that they lead to.
func do(m tea.Model, keys ...string) tea.Model {
	for _, k := range keys {
		next, cmd := press(m, k)
		m = next
		if cmd != nil {
			m, _ = m.Update(cmd())
		}
	}
	return m
}

// row is the line of a lane.
func row(t *testing.T, m tea.Model, i int) string {
	t.Helper()
	return strings.Split(m.View(), "\n")[4+i]
}

func foot(m tea.Model) string {
	lines := strings.Split(m.View(), "\n")
	return lines[len(lines)-1]
}

func TestNameMergeUndo(t *testing.T) {
	m, asked := corrected(t)
	if !strings.Contains(foot(m), "↑↓ name, merge") {
		t.Errorf("nothing says how to correct: %s", foot(m))
	}
	if m = do(m, "n"); !strings.Contains(foot(m), "choose a speaker") || len(*asked) != 0 {
		t.Errorf("n without a speaker: %s", foot(m))
	}
	m = do(m, "down", "down", "up", "down") // the second speaker
	if !strings.Contains(row(t, m, 1), "›") || !strings.Contains(foot(m), "S2: n name  m merge into another  s split in two  u undo") {
		t.Fatalf("the second is not chosen:\n%s", m.View())
	}
	// A name with letters that are keys elsewhere.
	m = do(m, "n", "q", "u", "1", "x", "backspace")
	if !strings.Contains(foot(m), "S2 is called: qu1▏") {
		t.Errorf("while a name is typed: %s", foot(m))
	}
	if m = do(m, "esc"); len(*asked) != 0 || !strings.Contains(foot(m), "S2: n name") {
		t.Errorf("Esc did not give it up: %s, asked %v", foot(m), *asked)
	}
	m = do(m, "n", "A", "d", "a", "\x1b", "enter")
	if got := (*asked)[0]; !reflect.DeepEqual(got, correct.Correction{Action: correct.Rename, Speaker: 2, Name: "Ada", Run: "r"}) {
		t.Errorf("asked %+v", got)
	}
	if !strings.Contains(row(t, m, 1), "Ada") || foot(m) != "S2 is Ada" {
		t.Errorf("named:\n%s", m.View())
	}
	// The third speaker is merged into the second: choose the third, then m and the second.
	m = do(m, "3", "m")
	if !strings.Contains(foot(m), "S3 is the same as …") {
		t.Errorf("while merging: %s", foot(m))
	}
	if m = do(m, "enter"); len(*asked) != 1 {
		t.Errorf("merged into itself: %+v", *asked)
	}
	m = do(m, "up")
	if !strings.Contains(foot(m), "S3 is the same as Ada") {
		t.Errorf("while merging: %s", foot(m))
	}
	m = do(m, "enter")
	if got := (*asked)[1]; !reflect.DeepEqual(got, correct.Correction{Action: correct.Merge, Speaker: 3, Into: 2, Run: "r"}) {
		t.Errorf("asked %+v", got)
	}
	if v := m.View(); foot(m) != "S3 was S2 all along" || !strings.Contains(v, "2 speakers, 3 turns") {
		t.Errorf("merged:\n%s", v)
	}
	// A merge by digits alone, and one that is given up.
	if m = do(m, "1", "m", "esc", "2"); len(*asked) != 2 {
		t.Errorf("asked %+v", *asked)
	}
	if m = do(m, "u", "u"); foot(m) != "taken back" || !strings.Contains(m.View(), "3 speakers, 3 turns") || strings.Contains(row(t, m, 1), "Ada") {
		t.Errorf("taken back:\n%s", m.View())
	}
	if m = do(m, "u"); !strings.Contains(foot(m), "nothing to take back") {
		t.Errorf("a refusal: %s", foot(m))
	}
	m = do(m, "1", "m", "2")
	if got := (*asked)[len(*asked)-1]; got.Action != correct.Merge || got.Speaker != 1 || got.Into != 2 {
		t.Errorf("asked %+v", got)
	}
	m = do(m, "x")
	if got := (*asked)[len(*asked)-1]; got.Action != correct.Mark {
		t.Errorf("asked %+v", got)
	}
	// Esc ends the selection, and never quits.
	m, cmd := press(m, "esc")
	if cmd != nil || strings.Contains(m.View(), "›") {
		t.Errorf("Esc with a speaker chosen:\n%s", m.View())
	}
	if _, cmd = press(m, "esc"); cmd != nil {
		t.Error("Esc without a speaker quits")
	}
}

// Without Correct there are no corrections.
func TestOnlyLooking(t *testing.T) {
	m, _ := corrected(t)
	model := m.(Model)
	model.correct = nil
	for _, key := range []string{"n", "m", "u"} {
		if _, cmd := press(model, "1", key); cmd != nil {
			t.Errorf("%s leads to something", key)
		}
	}
	if v, _ := press(model, "1"); strings.Contains(foot(v), "merge") || strings.Contains(foot(v), "name") {
		t.Errorf("it offers what it cannot: %s", foot(v))
	}
}

// A name is not longer than a correction allows.
func TestLongName(t *testing.T) {
	m, asked := corrected(t)
	keys := []string{"1", "n"}
	for range 100 {
		keys = append(keys, "ä")
	}
	do(m, append(keys, "enter")...)
	if len(*asked) != 1 || (*asked)[0].Name != strings.Repeat("ä", correct.MaxName) {
		t.Errorf("asked %+v", *asked)
	}
}

// A turn is given to another speaker, and to a new one, by keys.
func TestGiveAndSplit(t *testing.T) {
	m, asked := corrected(t)
	m = do(m, "g")
	if !strings.Contains(foot(m), "S3, is of   1–9, 0 somebody new") {
		t.Fatalf("while giving: %s", foot(m))
	}
	m = do(m, "left", "left", "left", "right", "9", "q", "x")
	if !strings.Contains(foot(m), "S2, is of") || len(*asked) != 0 {
		t.Fatalf("while giving: %s, asked %v", foot(m), *asked)
	}
	if m = do(m, "1"); foot(m) != "the turn is S1's" || !strings.Contains(m.View(), "2 speakers, 3 turns") {
		t.Errorf("given:\n%s", m.View())
	}
	if got := (*asked)[0]; !reflect.DeepEqual(got, correct.Correction{Action: correct.Give, Turns: []int{2}, Into: 1, Run: "r"}) {
		t.Errorf("asked %+v", got)
	}
	if m = do(m, "g", "0"); foot(m) != "the turn is somebody new's" || !strings.Contains(m.View(), "S4") {
		t.Errorf("given:\n%s", m.View())
	}
	if m = do(m, "u", "u"); !strings.Contains(m.View(), "3 speakers, 3 turns") || strings.Contains(m.View(), "S4 ") {
		t.Errorf("taken back:\n%s", m.View())
	}
	if m = do(m, "g", "esc", "s"); !strings.Contains(foot(m), "choose a speaker first") {
		t.Errorf("split of nobody: %s", foot(m))
	}
	if m = do(m, "1", "s"); !strings.Contains(foot(m), "while the stream goes on") { // this desk has no clustering
		t.Errorf("split: %s", foot(m))
	}
}

// The keys that move the start and the end of the given part always leave some of it.
func TestGivePart(t *testing.T) {
	m, asked := corrected(t)
	m = do(m, "g", "left", "left", "left")
	whole := foot(m)
	for range 100 {
		m = do(m, "[", "]")
	}
	if foot(m) == whole || !strings.Contains(foot(m), "[ ] a part") {
		t.Errorf("a part: %s, all: %s", foot(m), whole)
	}
	if m = do(m, "{", "{", "{", "}", "}", "}", "[", "2"); !strings.Contains(foot(m), " is S2's") {
		t.Errorf("given: %s", foot(m))
	}
	c := (*asked)[0]
	if c.Action != correct.Give || c.Into != 2 || len(c.Turns) != 1 || c.End <= c.Start || c.Start != 40000 {
		t.Errorf("asked %+v", c)
	}
	if !strings.Contains(m.View(), "4 turns") {
		t.Errorf("given:\n%s", m.View())
	}
	if m = do(m, "u"); !strings.Contains(m.View(), "3 turns") {
		t.Errorf("taken back:\n%s", m.View())
	}
}
