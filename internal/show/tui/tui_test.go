package tui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/meter"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func fill(t interface{ Fatal(...any) }, f *Feed, events []event.Event) {
	for _, e := range events {
		if err := f.Event(e); err != nil {
			t.Fatal(err)
		}
	}
}

func press(m tea.Model, keys ...string) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		for t, name := range map[tea.KeyType]string{tea.KeyTab: "tab", tea.KeyLeft: "left", tea.KeyRight: "right", tea.KeyPgUp: "pgup",
			tea.KeyPgDown: "pgdown", tea.KeyHome: "home", tea.KeyEnd: "end", tea.KeyCtrlC: "ctrl+c", tea.KeyEsc: "esc", tea.KeyUp: "up", tea.KeyDown: "down", tea.KeyEnter: "enter", tea.KeyBackspace: "backspace"} {
			if k == name {
				msg = tea.KeyMsg{Type: t}
			}
		}
		m, cmd = m.Update(msg)
	}
	return m, cmd
}

func TestShowsTheMeeting(t *testing.T) {
	f := NewFeed()
	m := tea.Model(NewModel(f))
	if v := m.View(); !strings.Contains(v, "waiting for a stream") {
		t.Errorf("without a stream:\n%s", v)
	}
	events := meeting.Events(meeting.Options{Turns: 30, Names: []string{"Ada", "Grace\x1b[2J"}})
	half := events[:len(events)*2/3]
	fill(t, f, half)
	f.Reading(meter.Reading{Stream: "meeting", Run: "run1", At: half[len(half)-1].At, Level: -30, Peak: -15})
	view := m.View()
	var b board.Board
	for _, e := range half {
		b.Apply(e)
	}
	for _, want := range []string{"meeting", "live", "Ada", "Grace·[2J", "-30 dB", "lost in", "█", "╵", "q quit",
		fmt.Sprintf("%d speakers", len(b.Shares()))} {
		if !strings.Contains(view, want) {
			t.Errorf("%q is not in\n%s", want, view)
		}
	}
	for _, open := range b.Speaking() {
		if !strings.Contains(strings.Split(view, "\n")[1], clean(b.Name(open.Speaker))) {
			t.Errorf("%s speaks, and is not in\n%s", b.Name(open.Speaker), view)
		}
	}
	fill(t, f, events)
	if v := m.View(); !strings.Contains(v, "finished") || !strings.Contains(v, "nobody speaks") {
		t.Errorf("at the end:\n%s", v)
	}
}

// At every size of the terminal and after every key, the lines fit and there are not too
// many.
func TestFits(t *testing.T) {
	f := NewFeed()
	fill(t, f, meeting.Events(meeting.Options{Turns: 80, Speakers: 12, Names: []string{"Ada", "a name that is far too long for its column 漢字漢字"}}))
	fill(t, f, meeting.Events(meeting.Options{Stream: "other", Turns: 5}))
	fmt.Fprintln(f, "a note of the program that is very long: "+strings.Repeat("x", 300))
	rapid.Check(t, func(t *rapid.T) {
		model := NewModel(f)
		model.correct = func(context.Context, string, correct.Correction) (correct.Reply, error) {
			return correct.Reply{}, errors.New("never asked: nobody runs the commands")
		}
		model.remember = func(string, remember.Wish) (string, error) { return "", remember.ErrRefused }
		m := tea.Model(model)
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "resize") {
				m, _ = m.Update(tea.WindowSizeMsg{Width: rapid.IntRange(1, 200).Draw(t, "width"), Height: rapid.IntRange(1, 60).Draw(t, "height")})
			} else {
				m, _ = press(m, rapid.SampledFrom([]string{"tab", "left", "right", "pgup", "pgdown", "home", "end", "+", "-", "0", "?", "x", "up", "down", "3", "n", "m", "u", "v", "y", "enter", "esc"}).Draw(t, "key"))
			}
			size := m.(Model)
			lines := strings.Split(m.View(), "\n")
			if len(lines) > size.height {
				t.Fatalf("%d lines in a terminal of %d", len(lines), size.height)
			}
			for _, l := range lines {
				if w := lipgloss.Width(l); w > size.width {
					t.Fatalf("%d columns in a terminal of %d: %q", w, size.width, l)
				}
			}
		}
	})
}

// 80 columns and 24 lines show eight speakers and their last turns.
func TestEightyByTwentyFour(t *testing.T) {
	f := NewFeed()
	fill(t, f, meeting.Events(meeting.Options{Turns: 100, Speakers: 8}))
	m, _ := NewModel(f).Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	view := m.View()
	for s := range 8 {
		if !strings.Contains(view, fmt.Sprintf("S%d ", s+1)) {
			t.Errorf("S%d is not in\n%s", s+1, view)
		}
	}
	if n := strings.Count(view, "\n"); n != 23 {
		t.Errorf("%d lines", n+1)
	}
}

func TestKeys(t *testing.T) {
	f := NewFeed()
	fill(t, f, meeting.Events(meeting.Options{Stream: "first", Turns: 60}))
	late := meeting.Events(meeting.Options{Stream: "second", Turns: 5})
	fill(t, f, late[:len(late)-1])
	m := tea.Model(NewModel(f))
	if v := m.View(); !strings.Contains(v, "second") || !strings.Contains(v, "2 streams") {
		t.Errorf("what goes on is not shown:\n%s", v)
	}
	m, _ = press(m, "tab")
	if v := m.View(); !strings.Contains(v, "first") {
		t.Errorf("tab did not show the other stream:\n%s", v)
	}
	live := m.View()
	for _, c := range []struct {
		keys []string
		same bool
	}{
		{[]string{"left"}, false}, {[]string{"pgup", "end"}, true}, {[]string{"left", "right"}, true}, {[]string{"home"}, false},
		{[]string{"pgup", "pgdown", "pgdown"}, true}, {[]string{"+", "-"}, true}, {[]string{"-"}, false}, {[]string{"0"}, false},
	} {
		if now, _ := press(m, c.keys...); (now.View() == live) != c.same {
			t.Errorf("after %v the same: %v, want %v:\n%s", c.keys, !c.same, c.same, now.View())
		}
	}
	if v, _ := press(m, "?"); !strings.Contains(v.View(), "PgUp") {
		t.Errorf("no help:\n%s", v.View())
	}
	for _, key := range []string{"q", "ctrl+c"} {
		if _, cmd := press(m, key); cmd == nil {
			t.Errorf("%s does nothing", key)
		} else if _, ok := cmd().(tea.QuitMsg); !ok {
			t.Errorf("%s does not quit", key)
		}
	}
}

// A cell is drawn if and only if the turn covers some of it.
func TestGrid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		time := func(name string) event.Time { return event.Time(rapid.IntRange(0, 5000).Draw(t, name)) }
		g := grid{start: time("start") - 1000, span: 1 + time("span"), width: rapid.IntRange(1, 60).Draw(t, "width")}
		turn := board.Turn{Turn: event.Turn{Speaker: 1, Start: time("from"), State: event.Final}}
		turn.End = turn.Start + time("length")
		got := []rune(g.lane([]board.Turn{turn, {Turn: event.Turn{Speaker: 2, Start: 0, End: 9000}}}, 1, make([]bool, g.width), lipgloss.NewStyle()))
		if len(got) != g.width {
			t.Fatalf("%d cells, want %d", len(got), g.width)
		}
		for i, r := range got {
			lo, hi := g.start+event.Time(i)*g.span/event.Time(g.width), g.start+event.Time(i+1)*g.span/event.Time(g.width)
			part := min(hi, turn.End) - max(lo, turn.Start)
			if (r == final) != (part > 0) {
				t.Fatalf("cell %d from %d to %d is %c, and has %d of the turn", i, lo, hi, r, part)
			}
		}
	})
}

func TestBounded(t *testing.T) {
	f := NewFeed()
	for i := range 2 * maxStreams {
		fill(t, f, meeting.Events(meeting.Options{Stream: fmt.Sprint("s", i), Turns: 2}))
	}
	fill(t, f, meeting.Events(meeting.Options{Stream: "long", Turns: 600}))
	for range 1000 {
		fmt.Fprintln(f, "note")
	}
	if len(f.streams) != maxStreams || len(f.order) != maxStreams || len(f.streams["long"].lines) > maxLines || len(f.messages) > maxLines {
		t.Errorf("%d streams, %d lines, %d messages", len(f.streams), len(f.streams["long"].lines), len(f.messages))
	}
}

// screen is a terminal's output. Bubble Tea writes to it from two goroutines at once, as it
// may to a file.
type screen struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// The program starts, and quits by a key and by its context.
func TestRun(t *testing.T) {
	f := NewFeed()
	fill(t, f, meeting.Events(meeting.Options{Turns: 5}))
	in, keys := io.Pipe()
	go func() { _, _ = keys.Write([]byte("q")) }()
	var out screen
	if err := Run(t.Context(), f, Options{}, in, &out); err != nil {
		t.Error(err)
	}
	keys.Close()
	if !strings.Contains(out.String(), "meeting") {
		t.Errorf("drew %q", out.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Run(ctx, f, Options{}, strings.NewReader(""), io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context: %v", err)
	}
}

// Tab goes to earlier runs of a stream. At first the latest run is shown. The number of
// earlier runs is bounded.
func TestEarlierRuns(t *testing.T) {
	f := NewFeed()
	m := tea.Model(NewModel(f))
	runs := [][]event.Event{}
	for run := range 3 {
		runs = append(runs, meeting.Events(meeting.Options{Run: fmt.Sprintf("run%d", run), Seed: uint64(run), Turns: 10 + 10*run, Names: []string{fmt.Sprintf("Ada %d", run)}}))
		fill(t, f, runs[run][:len(runs[run])-run]) // the first run is over
	}
	if v := m.View(); !strings.Contains(v, "Ada 2") || !strings.Contains(v, "live") || strings.Contains(v, "earlier run, of") || !strings.Contains(v, "2 earlier runs: Tab") {
		t.Errorf("the latest:\n%s", v)
	}
	for _, want := range []string{"Ada 0", "Ada 1"} {
		m, _ = press(m, "tab")
		if v := m.View(); !strings.Contains(v, want) || !strings.Contains(v, "earlier run, of 2 Mar") {
			t.Errorf("%s:\n%s", want, v)
		}
	}
	// An event of an earlier run changes that run.
	last := runs[1][len(runs[1])-1]
	fill(t, f, []event.Event{last})
	if v := m.View(); !strings.Contains(v, string(last.End.Reason)) {
		t.Errorf("over:\n%s", v)
	}
	if m, _ = press(m, "tab"); strings.Contains(m.View(), "earlier run, of") {
		t.Errorf("after all:\n%s", m.View())
	}
	for run := range 2 * maxStreams {
		fill(t, f, meeting.Events(meeting.Options{Run: fmt.Sprintf("run9%03d", run), Turns: 2}))
	}
	if len(f.order) > maxStreams || len(f.streams) != len(f.order) || f.streams["meeting"] == nil {
		t.Errorf("%d runs are kept, %d in order", len(f.streams), len(f.order))
	}
}
