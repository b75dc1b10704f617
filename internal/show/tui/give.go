package tui

import (
	"fmt"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// startGiving lets the user choose a turn to give, at first the latest one.
func (m Model) startGiving() Model {
	t, ok := m.turnBy(0)
	if !ok {
		m.desk.said = "no turn has ended yet"
		return m
	}
	m.desk.doing, m.desk.turn = giving, t.ID
	return m.hold()
}

// give handles a key while the user chooses a turn and its new speaker.
func (m Model) give(key string) (Model, tea.Cmd) {
	by := map[string]int{"left": -1, "h": -1, "up": -1, "k": -1, "right": 1, "l": 1, "down": 1, "j": 1}[key]
	people := m.people()
	switch {
	case by != 0:
		if t, ok := m.turnBy(by); ok {
			m.desk.turn, m.desk.from, m.desk.until = t.ID, 0, 0
		}
	case key == "[" || key == "{" || key == "]" || key == "}":
		return m.part(key), nil
	case key == "esc":
		m.desk.doing = looking
	case key == "0":
		return m.given(correct.Correction{}, "somebody new's")
	case len(key) == 1 && key >= "1" && key <= "9":
		row := int(key[0] - '1')
		if row < len(people) && people[row].Speaker != event.Unknown {
			return m.given(correct.Correction{Into: people[row].Speaker}, people[row].Speaker.String()+"'s")
		}
	}
	return m, nil
}

func (m Model) given(c correct.Correction, whose string) (Model, tea.Cmd) {
	c.Action, c.Turns = correct.Give, []int{m.desk.turn}
	done := "the turn is " + whose
	if t, ok := m.turnBy(0); ok && t.ID == m.desk.turn && m.desk.from+m.desk.until > 0 {
		c.Start, c.End = t.Start+m.desk.from, t.End-m.desk.until
		done = fmt.Sprintf("%s–%s is %s", talk.Tenths(c.Start.Seconds()), talk.Tenths(c.End.Seconds()), whose)
	}
	m.desk.doing = looking
	return m, m.send(c, done)
}

// partBy is by how much a key changes the part of a turn that is given.
const partBy event.Time = event.Rate / 2

// part moves the start or the end of the part that is given.
func (m Model) part(key string) Model {
	t, ok := m.turnBy(0)
	if !ok || t.ID != m.desk.turn {
		return m
	}
	from, until := m.desk.from, m.desk.until
	switch key {
	case "[":
		from += partBy
	case "{":
		from = max(0, from-partBy)
	case "]":
		until += partBy
	case "}":
		until = max(0, until-partBy)
	}
	if t.End-t.Start-from-until >= correct.LeastPart {
		m.desk.from, m.desk.until = from, until
	}
	return m
}

// turnBy is the closed turn by turns after the chosen one, or after the latest if none is
// chosen.
func (m Model) turnBy(by int) (board.Turn, bool) {
	m.feed.mu.Lock()
	defer m.feed.mu.Unlock()
	s := m.shown()
	if s == nil {
		return board.Turn{}, false
	}
	closed := slices.DeleteFunc(slices.Clone(s.board.Turns()), func(t board.Turn) bool { return t.Open })
	if len(closed) == 0 {
		return board.Turn{}, false
	}
	at := slices.IndexFunc(closed, func(t board.Turn) bool { return t.ID == m.desk.turn })
	if at < 0 {
		at = len(closed) - 1
	}
	return closed[min(len(closed)-1, max(0, at+by))], true
}

// footOfGiving is the last line while a turn is chosen. The caller holds the lock.
func (m Model) footOfGiving(name func(event.Speaker) string) string {
	s := m.shown()
	if s == nil {
		return "Esc"
	}
	for _, t := range s.board.Turns() {
		if t.ID == m.desk.turn {
			return fmt.Sprintf("%s–%s, %s, is of   1–9, 0 somebody new   ←→ another turn   [ ] a part   Esc",
				talk.Tenths((t.Start + m.desk.from).Seconds()), talk.Tenths((t.End - m.desk.until).Seconds()), name(t.Speaker))
		}
	}
	return "the turn is part of another now   ←→ another turn   Esc"
}
