package export

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/seed-7adb9000/diarizer/event"
)

// writeSRT writes SubRip: numbered cues, times with a comma, and the speaker's name as the
// text.
func writeSRT(w io.Writer, t *event.Timeline) error {
	buf := bufio.NewWriter(w)
	for i, c := range cues(t) {
		fmt.Fprintf(buf, "%d\n%s --> %s\n%s\n\n", i+1, clock(c.start, ","), clock(c.end, ","), oneLine(c.name))
	}
	return buf.Flush()
}

// writeVTT writes WebVTT (W3C, 2019). Each cue has a voice, by which a player can style
// speakers, and the name as its text.
func writeVTT(w io.Writer, t *event.Timeline) error {
	buf := bufio.NewWriter(w)
	fmt.Fprint(buf, "WEBVTT\n\n")
	for i, c := range cues(t) {
		name := escapeVTT(oneLine(c.name))
		fmt.Fprintf(buf, "%d\n%s --> %s\n<v %s>%s</v>\n\n", i+1, clock(c.start, "."), clock(c.end, "."), name, name)
	}
	return buf.Flush()
}

func escapeVTT(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// oneLine keeps a name from ending its cue. An arrow would be read as the times of a cue.
func oneLine(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), " "), "-->", "→")
}

// clock writes hours, minutes, seconds and milliseconds. Hours may have more than two
// digits.
func clock(ms int64, point string) string {
	s := ms / 1000
	return fmt.Sprintf("%02d:%02d:%02d%s%03d", s/3600, s/60%60, s%60, point, ms%1000)
}
