package tui

import tea "github.com/charmbracelet/bubbletea"

// leave closes the view. If that would end a running stream, it asks first.
func (m Model) leave() (tea.Model, tea.Cmd) {
	if m.finish != nil && !m.ending && !m.feed.isOver() {
		m.asking, m.help = true, false
		return m, nil
	}
	return m, tea.Quit
}

// answer handles a key while the user is asked whether to end.
func (m Model) answer(key string) (tea.Model, tea.Cmd) {
	switch key {
	case "y", "Y", "enter":
		m.asking, m.ending = false, true
		m.finish()
	case "ctrl+c": // a second time
		m.asking, m.ending = false, true
		m.finish()
		return m, tea.Quit
	case "n", "N", "esc", "q":
		m.asking = false
	}
	return m, nil
}

// Over says that no more events come: the user may leave the view without a question.
func (f *Feed) Over() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
}

func (f *Feed) isOver() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.over
}
