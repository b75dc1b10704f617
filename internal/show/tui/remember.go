package tui

import (
	"fmt"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
)

// Remember keeps the voice of a person who has consented, and returns a sentence that says what
// happens to the voice, as a [remember.Keeper] does.
type Remember func(stream string, w remember.Wish) (said string, err error)

// day is the unit of the times that voices are kept for.
const day = 24 * time.Hour

// usually is how long a voice is kept if nobody says for how long.
const usually = 90 * day

// renamed is the message that a name was given.
type renamed struct {
	offer
	said string
}

// offer identifies a voice about which the user is asked. Each is asked about once.
type offer struct {
	stream  string
	speaker event.Speaker
	name    string
}

// offered asks whether to keep the voice of a person with a new name. It does not ask if the user
// is doing something else by now, or was asked before.
func (m Model) offered(r renamed) Model {
	m.desk.said = r.said
	if m.remember == nil || r.name == "" || m.desk.doing != looking || m.asking || m.offers[r.offer] {
		return m
	}
	m.offers[r.offer] = true
	return m.ask(r.offer)
}

// startRemembering asks about the selected speaker, also if the user was asked before.
func (m Model) startRemembering() Model {
	p, ok := m.person(m.desk.selected)
	switch {
	case !ok:
		m.desk.said = "choose a speaker first: ↑ ↓ or 1 to 9"
	case p.Name == p.Speaker.String():
		m.desk.said = fmt.Sprintf("%s has no name yet: n", p.Speaker)
	default:
		return m.ask(offer{m.streamShown(), p.Speaker, p.Name})
	}
	return m
}

// ask shows the question about a voice.
func (m Model) ask(o offer) Model {
	m.desk.doing, m.desk.about, m.desk.within, m.desk.said = remembering, o, m.within(), ""
	return m
}

// within returns how long a voice is kept unless the user says otherwise.
func (m Model) within() time.Duration {
	if m.keepFor > 0 {
		return m.keepFor
	}
	return usually
}

// consent handles a key while the question is shown. Only y is a yes.
func (m Model) consent(key string) (Model, tea.Cmd) {
	switch key {
	case "left", "h", "-":
		m.desk.within = m.otherwise(-1)
	case "right", "l", "+":
		m.desk.within = m.otherwise(1)
	case "y", "Y":
		m.desk.doing = looking
		o, wish := m.desk.about, remember.Wish{Speaker: m.desk.about.speaker, Name: m.desk.about.name, Expires: time.Now().Add(m.desk.within)}
		return m, func() tea.Msg {
			said, err := m.remember(o.stream, wish)
			if err != nil {
				return answered(err.Error())
			}
			return answered(said)
		}
	case "n", "N", "esc", "enter", "q":
		m.desk.doing = looking
		m.desk.said = fmt.Sprintf("the voice of %s is not kept", m.desk.about.name)
	}
	return m, nil
}

// otherwise returns the next longer or shorter time to keep a voice.
func (m Model) otherwise(by int) time.Duration {
	times := []time.Duration{30 * day, usually, 365 * day}
	if !slices.Contains(times, m.within()) {
		times = append(times, m.within())
		slices.Sort(times)
	}
	return times[min(len(times)-1, max(0, slices.Index(times, m.desk.within)+by))]
}

// footOfRemembering is the question as the last line.
func (m Model) footOfRemembering() string {
	who := ansi.Truncate(clean(m.desk.about.name), nameWidth, "…")
	return fmt.Sprintf("Keep %s's voice %s? y: %s was asked, says yes   ←→ time   Esc no", who, inDays(m.desk.within), who)
}

// inDays writes a time in days, or in hours if it is not a whole number of days.
func inDays(d time.Duration) string {
	if d%day != 0 {
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	if d == day {
		return "1 day"
	}
	return fmt.Sprintf("%d days", d/day)
}

// streamShown returns the id of the stream that is shown. It is empty if there is none.
func (m Model) streamShown() string {
	m.feed.mu.Lock()
	defer m.feed.mu.Unlock()
	if s := m.shown(); s != nil {
		return s.board.Stream()
	}
	return ""
}
