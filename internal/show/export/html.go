package export

import (
	"io"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/show/report"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
)

// writeHTML writes the page of package report.
func writeHTML(w io.Writer, t *event.Timeline) error {
	name := t.Recording()
	return report.Write(w, talk.Segments(t), report.Options{Title: name, Source: name})
}
