package export

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/online"
)

// timeline is made-up turns of three people whose names try to break formats.
func timeline(t *rapid.T) *event.Timeline {
	enc := event.Encoder{Stream: "standup", Run: "run", Now: func() time.Time { return time.Unix(1e9, 0) }}
	events := []event.Event{enc.Start(event.Source{Name: "Stand-up", Program: "diarizer"})}
	at := int64(0)
	for i := range rapid.IntRange(0, 30).Draw(t, "turns") {
		start := max(0, at-160*rapid.Int64Range(0, 250).Draw(t, "back"))
		at = max(at, start+160*rapid.Int64Range(0, 500).Draw(t, "length"))
		events = append(events, online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: at, Turn: online.Turn{ID: i,
			Speaker: rapid.IntRange(0, 3).Draw(t, "speaker"), Start: start, End: at, State: online.Final, Confidence: 0.5}}))
	}
	for s := 1; s <= 3; s++ {
		if name := rapid.SampledFrom([]string{"", "Ada", "Ada", "<b>&\"'", "a --> b", "two\n\nlines", "Änne, Bo"}).Draw(t, "name"); name != "" {
			events = append(events, enc.Identify(at, s, name, 0.9))
		}
	}
	tl := &event.Timeline{}
	for _, e := range events {
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return tl
}

func write(t rapid.TB, f Format, tls ...*event.Timeline) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, f, tls); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

type frame struct {
	ms   int64
	name string
}

// frames returns the speakers in every 10 ms.
func frames(all []cue) map[frame]bool {
	set := map[frame]bool{}
	for _, c := range all {
		for ms := c.start; ms < c.end; ms += 10 {
			set[frame{ms, c.name}] = true
		}
	}
	return set
}

// Every format says the same of every moment, whatever the names.
func TestFormatsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tl := timeline(t)
		var want []cue
		for _, turn := range tl.Turns() {
			want = append(want, cue{tl.Name(turn.Speaker), milliseconds(turn.Start), milliseconds(turn.End)})
		}
		for f, back := range map[Format]func(*rapid.T, string) []cue{CSV: readCSV, SRT: readSubtitles, VTT: readSubtitles, EAF: readEAF, RTTM: readRTTM} {
			expected := make([]cue, len(want))
			for i, c := range want {
				expected[i] = cue{as(f, c.name), c.start, c.end}
			}
			text := write(t, f, tl)
			a, b := frames(expected), frames(back(t, text))
			if len(a) != len(b) {
				t.Fatalf("%s has %d frames of speech, expected %d:\n%s", f, len(b), len(a), text)
			}
			for k := range a {
				if !b[k] {
					t.Fatalf("%s lacks %v:\n%s", f, k, text)
				}
			}
		}
	})
}

// as is the form in which a format can write a name.
func as(f Format, name string) string {
	switch f {
	case RTTM:
		return strings.Join(regexp.MustCompile(`\s`).Split(name, -1), "_")
	case SRT, VTT:
		return oneLine(name)
	}
	return name
}

func readCSV(t *rapid.T, text string) (all []cue) {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records[1:] {
		all = append(all, cue{r[6], parse(t, r[3]), parse(t, r[4])})
	}
	return all
}

func parse(t *rapid.T, s string) int64 {
	var whole, part int64
	if _, err := fmt.Sscanf(s, "%d.%d", &whole, &part); err != nil {
		t.Fatal(err)
	}
	return whole*1000 + part
}

func readRTTM(t *rapid.T, text string) (all []cue) {
	segments, err := rttm.Read(strings.NewReader(text), "test")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range segments {
		all = append(all, cue{s.Speaker, int64(s.Start*1000 + 0.5), int64(s.End*1000 + 0.5)})
	}
	return all
}

// readSubtitles reads SRT and WebVTT as players do: blocks between empty lines.
func readSubtitles(t *rapid.T, text string) (all []cue) {
	for block := range strings.SplitSeq(strings.TrimPrefix(text, "WEBVTT\n\n"), "\n\n") {
		lines := strings.Split(block, "\n")
		if block == "" {
			continue
		}
		if len(lines) != 3 {
			t.Fatalf("a cue of %d lines: %q", len(lines), block)
		}
		var v [8]int64
		if _, err := fmt.Sscanf(strings.ReplaceAll(lines[1], ",", "."), "%d:%d:%d.%d --> %d:%d:%d.%d",
			&v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]); err != nil {
			t.Fatalf("%q: %v", lines[1], err)
		}
		ms := func(v []int64) int64 { return ((v[0]*60+v[1])*60+v[2])*1000 + v[3] }
		name := lines[2]
		if voice, ok := strings.CutPrefix(name, "<v "); ok {
			annotation, rest, _ := strings.Cut(voice, ">")
			if rest != annotation+"</v>" {
				t.Fatalf("%q: two names", name)
			}
			name = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(annotation)
		}
		all = append(all, cue{name, ms(v[:4]), ms(v[4:])})
	}
	return all
}

func readEAF(t *rapid.T, text string) (all []cue) {
	var doc eafDocument
	if err := xml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	at := map[string]int64{}
	last := int64(-1)
	for _, s := range doc.Slots {
		if s.Value <= last {
			t.Fatalf("time slots out of order:\n%s", text)
		}
		at[s.ID], last = s.Value, s.Value
	}
	tiers := map[string]bool{}
	for _, tier := range doc.Tiers {
		if tiers[tier.ID] || tier.Type != doc.Type.ID {
			t.Fatalf("tier %q twice, or of no type", tier.ID)
		}
		tiers[tier.ID] = true
		end := int64(-1)
		for _, a := range tier.Annotations {
			c := cue{a.Alignable.Value, at[a.Alignable.From], at[a.Alignable.To]}
			if c.start <= end || c.end <= c.start {
				t.Fatalf("annotations of tier %q overlap or are empty", tier.ID)
			}
			end = c.end
			all = append(all, c)
		}
	}
	return all
}

func TestOneStreamFormatsRefuseTwo(t *testing.T) {
	a := &event.Timeline{}
	for _, f := range []Format{SRT, VTT, EAF, "docx"} {
		if err := Write(&bytes.Buffer{}, f, []*event.Timeline{a, a}); err == nil {
			t.Errorf("%s of two streams", f)
		}
	}
	if text := write(t, CSV, a, a); strings.Count(text, "\n") != 1 {
		t.Errorf("a table of nothing: %q", text)
	}
	if text := write(t, VTT); text != "WEBVTT\n\n" {
		t.Errorf("subtitles of nothing: %q", text)
	}
}

func Example() {
	enc := event.Encoder{Stream: "standup", Run: "run1"}
	tl := &event.Timeline{}
	for _, e := range []event.Event{
		enc.Start(event.Source{}),
		online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: 40000, Turn: online.Turn{ID: 1, Speaker: 1, Start: 8000, End: 36000}}),
		enc.Identify(48000, 1, "Ada", 0.99),
	} {
		if err := tl.Apply(e); err != nil {
			fmt.Println(err)
		}
	}
	_ = Write(os.Stdout, VTT, []*event.Timeline{tl})
	// Output:
	// WEBVTT
	//
	// 1
	// 00:00:00.500 --> 00:00:02.250
	// <v Ada>Ada</v>
}
