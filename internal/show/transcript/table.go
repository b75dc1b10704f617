package transcript

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// Table writes how much each speaker of a stream has spoken, or one line for each of
// several streams. It counts the turns that have a line in files.
func Table(w io.Writer, timelines []*event.Timeline) error {
	var rows [][]string
	if len(timelines) == 1 {
		s := talk.Summarise(talk.Segments(timelines[0]))
		if len(s.Turns) == 0 {
			_, err := fmt.Fprintln(w, "nobody speaks")
			return err
		}
		rows = append(rows, []string{"speaker", "share", "time", "turns", "longest"})
		for _, p := range s.Speakers {
			rows = append(rows, []string{clean(p.Name), fmt.Sprintf("%.0f %%", 100*p.Share), talk.Clock(p.Talk),
				fmt.Sprint(p.Turns), fmt.Sprintf("%.1f s", p.Longest.Length())})
		}
	} else {
		rows = append(rows, []string{"recording", "heard", "speech", "speakers", "turns"})
		for _, tl := range timelines {
			s := talk.Summarise(talk.Segments(tl))
			rows = append(rows, []string{clean(tl.Recording()), talk.Clock(tl.At().Seconds()), talk.Clock(s.Speech),
				fmt.Sprint(s.People()), fmt.Sprint(len(s.Turns))})
		}
	}
	_, err := io.WriteString(w, "\n"+columns(rows))
	return err
}

// columns aligns rows: names to the left, numbers to the right.
func columns(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], lipgloss.Width(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-lipgloss.Width(cell))
			if i == 0 {
				b.WriteString(cell + space)
			} else {
				b.WriteString("   " + space + cell)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
