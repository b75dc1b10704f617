package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/board"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// grid maps a stretch of a stream to the cells of a line.
type grid struct {
	start, span event.Time
	width       int
}

// cell is the cell of a sample: the first cell that ends, by edge, after the sample. It may
// lie outside of the line.
func (g grid) cell(t event.Time) int {
	c := (t-g.start+1)*event.Time(g.width) - 1
	if c < 0 {
		c -= g.span - 1 // to the left
	}
	return int(c / g.span)
}

// edge is where cell i begins and cell i−1 ends.
func (g grid) edge(i int) event.Time {
	return g.start + event.Time(i)*g.span/event.Time(g.width)
}

// cells returns the range of cells that the stretch touches: from is the first one, and to
// is one after the last.
func (g grid) cells(start, end event.Time) (from, to int) {
	if end <= g.start || start >= g.start+g.span {
		return 0, 0
	}
	return max(0, g.cell(start)), min(g.width, g.cell(end-1)+1)
}

// The signs of a cell.
const (
	empty       = '·'
	final       = '█'
	revised     = '▓'
	provisional = '▒'
	lost        = '╳'
)

// gaps marks the cells in which sound was lost.
func (g grid) gaps(gaps []event.Gap) []bool {
	cells := make([]bool, g.width)
	for _, gap := range gaps {
		from, to := g.cells(gap.Start, gap.End)
		for i := from; i < to; i++ {
			cells[i] = true
		}
	}
	return cells
}

// lane draws the turns of a speaker. If several turns touch a cell, the turn with the
// largest part of the cell counts.
func (g grid) lane(turns []board.Turn, speaker event.Speaker, gaps []bool, style lipgloss.Style) string {
	cells := make([]rune, g.width)
	most := make([]event.Time, g.width)
	for i := range cells {
		cells[i] = empty
		if gaps[i] {
			cells[i] = lost
		}
	}
	for _, t := range turns {
		if t.Speaker != speaker {
			continue
		}
		sign := final
		switch t.State {
		case event.Provisional:
			sign = provisional
		case event.Revised:
			sign = revised
		}
		from, to := g.cells(t.Start, t.End)
		for i := from; i < to; i++ {
			if part := min(g.edge(i+1), t.End) - max(g.edge(i), t.Start); part > most[i] {
				most[i], cells[i] = part, sign
			}
		}
	}
	return paint(cells, style)
}

// paint colours the cells with speech.
func paint(cells []rune, style lipgloss.Style) string {
	var b strings.Builder
	for from := 0; from < len(cells); {
		to := from
		speech := cells[from] != empty && cells[from] != lost
		for to < len(cells) && (cells[to] != empty && cells[to] != lost) == speech {
			to++
		}
		if run := string(cells[from:to]); speech {
			b.WriteString(style.Render(run))
		} else {
			b.WriteString(faint.Render(run))
		}
		from = to
	}
	return b.String()
}

// axis writes the times below the lanes.
func (g grid) axis() string {
	line := []rune(strings.Repeat(" ", g.width))
	ticks, _ := talk.Ticks(max(0, g.start.Seconds()), (g.start + g.span).Seconds(), max(1, g.width/10))
	for _, t := range ticks {
		at := g.cell(event.Time(t * event.Rate))
		for _, r := range "╵" + talk.Clock(t) {
			if at >= 0 && at < g.width {
				line[at] = r
			}
			at++
		}
	}
	return string(line)
}
