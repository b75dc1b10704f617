package export

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/words"
)

// The further formats of words. [SRT], [VTT], [EAF] and [JSON] can hold words too; JSON
// then has words, segments and speakers, see schema/transcript.schema.json.
const (
	Text Format = "txt" // a transcript to read: time, speaker, text
	CTM  Format = "ctm" // NIST's lines of words, with speakers
	STM  Format = "stm" // NIST's lines of segments
)

// WordFormats lists the formats of words.
func WordFormats() []Format { return []Format{Text, JSON, VTT, SRT, CTM, STM, EAF} }

// Transcript is what was said, and by whom.
type Transcript struct {
	// Source is the recording.
	Source event.Source
	// Words are ordered by start, on the clock of the turns.
	Words []words.Said
	// Names has the names of speakers, by the id that words have. A speaker without a name
	// is called by the id.
	Names map[string]string
	// Clock is the difference of the clock of the turns and the recogniser's clock.
	Clock words.Clock
}

// unknown is the id of an unknown speaker, as in events.
var unknown = event.Unknown.String()

// id is the id of a word's speaker.
func id(speaker string) string { return cmp.Or(speaker, unknown) }

// name is the name of a speaker.
func (t Transcript) name(speaker string) string { return cmp.Or(t.Names[speaker], id(speaker)) }

// file is the name of the recording, as one field of a line.
func (t Transcript) file() string { return field(cmp.Or(t.Source.Name, "recording")) }

// WriteWords writes a transcript.
func WriteWords(w io.Writer, f Format, t Transcript) error {
	write, ok := map[Format]func(io.Writer, Transcript) error{Text: writeText, JSON: writeWordJSON, VTT: writeWordVTT,
		SRT: writeWordSRT, CTM: writeCTM, STM: writeSTM, EAF: writeWordEAF}[f]
	if !ok {
		return fmt.Errorf("format %q: expected one of %q", f, WordFormats())
	}
	buf := bufio.NewWriter(w)
	if err := write(buf, t); err != nil {
		return err
	}
	return buf.Flush()
}

// writeText writes one line for each segment. Names are padded to the longest name.
func writeText(w io.Writer, t Transcript) error {
	segments := words.Segments(t.Words)
	width := 0
	for _, s := range segments {
		width = max(width, utf8.RuneCountInString(oneLine(t.name(s.Speaker))))
	}
	for _, s := range segments {
		tenths := s.Start.Milliseconds() / 100
		at := fmt.Sprintf("%02d:%02d.%d", tenths/600, tenths/10%60, tenths%10)
		if tenths >= 36000 {
			at = fmt.Sprintf("%d:%02d:%02d.%d", tenths/36000, tenths/600%60, tenths/10%60, tenths%10)
		}
		name := oneLine(t.name(s.Speaker))
		if _, err := fmt.Fprintf(w, "%s  %s%*s  %s\n", at, name, width-utf8.RuneCountInString(name), "", printable(s.Text())); err != nil {
			return err
		}
	}
	return nil
}

// writeCTM writes one line for each word. The confidence is the recogniser's.
func writeCTM(w io.Writer, t Transcript) error {
	for _, s := range t.Words {
		confidence := "<NA>"
		if s.Confidence > 0 {
			confidence = fmt.Sprintf("%.3f", s.Confidence)
		}
		start, end := ms(s.Start), ms(s.End)
		if _, err := fmt.Fprintf(w, "%s 1 %s %s %s %s lex %s\n", t.file(), decimal(start), decimal(end-start),
			field(s.Text), confidence, field(t.name(s.Speaker))); err != nil {
			return err
		}
	}
	return nil
}

// writeSTM writes one line for each segment.
func writeSTM(w io.Writer, t Transcript) error {
	for _, s := range words.Segments(t.Words) {
		if _, err := fmt.Fprintf(w, "%s 1 %s %s %s %s\n", t.file(), field(t.name(s.Speaker)),
			decimal(ms(s.Start)), decimal(ms(s.End)), printable(s.Text())); err != nil {
			return err
		}
	}
	return nil
}

// ms rounds to milliseconds.
func ms(d time.Duration) int64 { return d.Round(time.Millisecond).Milliseconds() }

func decimal(ms int64) string { return fmt.Sprintf("%d.%03d", ms/1000, ms%1000) }

// field makes a text one field of a line.
func field(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return '_'
		}
		return r
	}, s)
	return cmp.Or(s, "_")
}

// printable keeps a text from outside from being anything but text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return '·'
		}
		return r
	}, s)
}
