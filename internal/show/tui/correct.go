package tui

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
)

// Correct hands a correction to the program that diarizes the stream.
type Correct func(ctx context.Context, stream string, c correct.Correction) (correct.Reply, error)

// desk is the correction that the user is making. In the zero value the user makes none.
type desk struct {
	doing    action
	on       *stream       // whose speaker or turn is chosen; nil if none is
	selected event.Speaker // Unknown: nobody
	merge    event.Speaker // while merging: the speaker to merge into the selected one
	turn     int           // while giving: the id of the turn
	from     event.Time    // the beginning of the turn that is left out
	until    event.Time    // the end of the turn that is left out
	typed    string        // of a name
	about    offer         // while remembering: whose voice
	within   time.Duration // and for how long
	said     string        // what became of the last correction
}

// action is the correction that keys are for at the moment.
type action int

const (
	looking     action = iota
	naming             // typing the name of the selected speaker
	merging            // choosing the speaker who is the same person
	giving             // choosing a turn, and whose it is
	remembering        // saying whether a voice is kept
)

// answered is the result of a correction, as a sentence.
type answered string

// edit handles a key that is about corrections, and reports whether the key is about them.
func (m Model) edit(msg tea.KeyMsg) (Model, tea.Cmd, bool) {
	key := msg.String()
	m.desk.said = ""
	switch {
	case key == "ctrl+c":
		return m, nil, false
	case m.desk.doing == naming:
		m, cmd := m.name(msg)
		return m, cmd, true
	case m.desk.doing == giving:
		m, cmd := m.give(key)
		return m, cmd, true
	case m.desk.doing == remembering:
		m, cmd := m.consent(key)
		return m, cmd, true
	case key == "up" || key == "k":
		return m.selectBy(-1), nil, true
	case key == "down" || key == "j":
		return m.selectBy(1), nil, true
	case len(key) == 1 && key >= "1" && key <= "9":
		return m.choose(int(key[0] - '1'))
	case key == "esc" && !m.help && (m.desk.doing == merging || m.desk.selected != event.Unknown):
		m.desk = desk{}
		return m, nil, true
	case m.desk.doing == merging && key == "enter":
		return m.choose(-1)
	case key == "v" && m.remember != nil:
		return m.startRemembering(), nil, true
	case m.correct == nil:
		return m, nil, false
	case key == "u":
		return m, m.send(correct.Correction{Action: correct.Undo}, "taken back"), true
	case key == "x":
		return m, m.send(correct.Correction{Action: correct.Mark}, "marked"), true
	case key == "g":
		m.desk.turn, m.desk.from, m.desk.until = 0, 0, 0
		return m.startGiving(), nil, true
	case key == "n" || key == "m" || key == "s":
		if _, ok := m.person(m.desk.selected); !ok {
			m.desk.said = "choose a speaker first: ↑ ↓ or 1 to 9"
			return m, nil, true
		}
		if key == "s" {
			return m, m.send(correct.Correction{Action: correct.Split, Speaker: m.desk.selected}, fmt.Sprintf("%s is two people", m.desk.selected)), true
		}
		m.desk.doing, m.desk.typed = naming, ""
		if key == "m" {
			m.desk.doing = merging
			m.desk.merge = m.desk.selected
		}
		return m, nil, true
	}
	return m, nil, false
}

// name handles a key while a name is typed.
func (m Model) name(msg tea.KeyMsg) (Model, tea.Cmd) {
	d := &m.desk
	switch msg.Type {
	case tea.KeyEsc:
		d.doing = looking
	case tea.KeyBackspace:
		_, size := utf8.DecodeLastRuneInString(d.typed)
		d.typed = d.typed[:len(d.typed)-size]
	case tea.KeyEnter:
		d.doing = looking
		name := strings.TrimSpace(d.typed)
		done := fmt.Sprintf("%s is %s", d.selected, name)
		if name == "" {
			done = fmt.Sprintf("%s has no name", d.selected)
		}
		return m, m.rename(d.selected, name, done)
	case tea.KeyRunes, tea.KeySpace:
		for _, r := range msg.Runes {
			if utf8.RuneCountInString(d.typed) < correct.MaxName && clean(string(r)) == string(r) {
				d.typed += string(r)
			}
		}
	}
	return m, nil
}

// choose selects the speaker in a row, or keeps the selection if row is −1. While merging,
// it merges the two speakers.
func (m Model) choose(row int) (Model, tea.Cmd, bool) {
	who := m.desk.selected
	if row >= 0 {
		people := m.people()
		if row >= len(people) || people[row].Speaker == event.Unknown {
			return m, nil, true
		}
		who = people[row].Speaker
	}
	m.desk.selected = who
	m = m.hold()
	if m.desk.doing != merging || who == m.desk.merge {
		return m, nil, true
	}
	m.desk.doing = looking
	return m, m.send(correct.Correction{Action: correct.Merge, Speaker: m.desk.merge, Into: who}, fmt.Sprintf("%s was %s all along", m.desk.merge, who)), true
}

// selectBy moves the selection by so many rows.
func (m Model) selectBy(rows int) Model {
	var people []event.Speaker
	at := -1
	for _, p := range m.people() {
		if p.Speaker == event.Unknown {
			continue
		}
		if p.Speaker == m.desk.selected {
			at = len(people)
		}
		people = append(people, p.Speaker)
	}
	switch {
	case len(people) == 0:
		return m
	case at < 0 && rows < 0:
		at = len(people) - 1
	case at < 0:
		at = 0
	default:
		at = min(len(people)-1, max(0, at+rows))
	}
	m.desk.selected = people[at]
	return m.hold()
}

// people returns the rows of the stream that is shown.
func (m Model) people() []board.Share {
	m.feed.mu.Lock()
	defer m.feed.mu.Unlock()
	if s := m.shown(); s != nil {
		return s.board.Shares()
	}
	return nil
}

// person finds a speaker among the rows.
func (m Model) person(who event.Speaker) (board.Share, bool) {
	for _, p := range m.people() {
		if p.Speaker == who && who != event.Unknown {
			return p, true
		}
	}
	return board.Share{}, false
}

// send sends a correction of the stream that is shown, and reports its result.
func (m Model) send(c correct.Correction, done string) tea.Cmd {
	m.feed.mu.Lock()
	s := m.shown()
	if s == nil {
		m.feed.mu.Unlock()
		return nil
	}
	stream := s.board.Stream()
	c.Run = s.board.Run()
	m.feed.mu.Unlock()
	return func() tea.Msg {
		if _, err := m.correct(m.ctx, stream, c); err != nil {
			return answered(err.Error())
		}
		return answered(done)
	}
}

// rename names a speaker. Afterwards the user is asked whether to keep the voice.
func (m Model) rename(who event.Speaker, name, done string) tea.Cmd {
	about := offer{m.streamShown(), who, name}
	send := m.send(correct.Correction{Action: correct.Rename, Speaker: who, Name: name}, done)
	if send == nil {
		return nil
	}
	return func() tea.Msg {
		msg := send()
		if msg == answered(done) {
			return renamed{about, done}
		}
		return msg
	}
}
