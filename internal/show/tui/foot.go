package tui

import (
	"fmt"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
)

// foot is the last line: what keys do now.
func (m Model) foot(shares []board.Share) string {
	d := m.desk
	name := func(who event.Speaker) string {
		for _, s := range shares {
			if s.Speaker == who {
				return clean(s.Name)
			}
		}
		return who.String()
	}
	switch {
	case m.asking:
		return "End it here? What was heard is kept.   y end   Esc go on"
	case d.said != "":
		return clean(d.said)
	case d.doing == naming:
		return fmt.Sprintf("%s is called: %s▏  Enter  Esc", name(d.selected), d.typed)
	case d.doing == merging:
		who := "…"
		if d.selected != m.desk.merge {
			who = name(d.selected)
		}
		return fmt.Sprintf("%s is the same as %s   ↑↓ 1–9 choose  Enter merge  Esc", name(m.desk.merge), who)
	case d.doing == giving:
		return m.footOfGiving(name)
	case d.doing == remembering:
		return m.footOfRemembering()
	case d.selected != event.Unknown && m.correct != nil && m.remember != nil:
		return fmt.Sprintf("%s: n name  m merge  s split  v keep voice  u undo  Esc nobody  ? keys", name(d.selected))
	case d.selected != event.Unknown && m.correct != nil:
		return fmt.Sprintf("%s: n name  m merge into another  s split in two  u undo  Esc nobody  ? keys", name(d.selected))
	}
	quit := "q quit"
	switch {
	case m.feed.over:
		quit = "it is over: q leave"
	case m.ending:
		quit = "ending …"
	case m.finish != nil:
		quit = "q end"
	}
	if m.correct != nil {
		return "↑↓ name, merge  ←→ scroll  +− zoom  0 all  End now  Tab stream  ? keys  " + quit
	}
	return "←→ scroll  +− zoom  0 all  End now  Tab stream  ? keys  " + quit
}
