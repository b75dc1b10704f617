package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/event/rttm"
	"github.com/seed-7adb9000/diarizer/internal/show/talk"
	"github.com/seed-7adb9000/diarizer/online"
)

// Lines that become a timeline and then lines again are the same, whatever the names of the
// speakers.
func TestRTTMThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []rttm.Segment
		at := 0
		for range rapid.IntRange(1, 20).Draw(t, "lines") {
			at += rapid.IntRange(0, 3000).Draw(t, "pause")
			lines = append(lines, rttm.Segment{File: rapid.SampledFrom([]string{"a", "b.c", "ä"}).Draw(t, "file"), Channel: "1",
				Speaker: rapid.SampledFrom([]string{"S1", "S2", "S10", "unknown", "Ada", "S0", "s1"}).Draw(t, "speaker"),
				Start:   float64(at) / 1000, End: float64(at+rapid.IntRange(1, 4000).Draw(t, "length")) / 1000})
		}
		timelines, err := FromRTTM(lines)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, l := range lines {
			if !slices.Contains(names, l.File) {
				names = append(names, l.File)
			}
		}
		var want []rttm.Segment
		for _, n := range names {
			for _, l := range lines {
				if l.File == n {
					want = append(want, l)
				}
			}
		}
		var b bytes.Buffer
		if err := rttm.Write(&b, want); err != nil {
			t.Fatal(err)
		}
		if got := write(t, RTTM, timelines...); got != b.String() {
			t.Fatalf("got\n%s\nexpected\n%s", got, &b)
		}
	})
}

// Events that are read back give the timelines from which they came: of two runs of a
// stream the latest, and a report of a lost event.
func TestEventsThereAndBack(t *testing.T) {
	first, _ := published(t, "a", "run1", 2)
	second, want := published(t, "a", "run2", 5)
	other, also := published(t, "b", "run0", 1)
	got, err := FromEvents(strings.NewReader(jsonLines(t, slices.Concat(first, second, other)...)), "x", func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	if a, b := write(t, CSV, got...), write(t, CSV, want, also); a != b {
		t.Errorf("got\n%s\nexpected\n%s", a, b)
	}
	var lost []string
	got, err = FromEvents(strings.NewReader(jsonLines(t, append(second[:2:2], second[3:]...)...)), "x", func(err error) { lost = append(lost, err.Error()) })
	if err != nil || len(got) != 1 || len(got[0].Turns()) != 4 || len(lost) != 1 || !strings.HasPrefix(lost[0], "x:5: ") {
		t.Errorf("%d turns, said %q, %v", len(got[0].Turns()), lost, err)
	}
	if _, err := FromEvents(strings.NewReader("{}\n"), "x", nil); err == nil || !strings.HasPrefix(err.Error(), "x:1: ") {
		t.Errorf("of no event: %v", err)
	}
}

// published has the events of a run with n turns, and their timeline.
func published(t *testing.T, stream, run string, n int) (events []event.Event, tl *event.Timeline) {
	t.Helper()
	enc := event.Encoder{Stream: stream, Run: run}
	events = []event.Event{enc.Start(event.Source{})}
	for i := range n {
		at := int64(i+1) * 16000
		events = append(events, online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: at,
			Turn: online.Turn{ID: i + 1, Speaker: 1, Start: at - 8000, End: at, State: online.Final, Confidence: .5}}))
	}
	tl = &event.Timeline{}
	for _, e := range events {
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return events, tl
}

// jsonLines has events as lines of JSON, with empty lines between them.
func jsonLines(t *testing.T, events ...event.Event) string {
	t.Helper()
	var b strings.Builder
	for _, e := range events {
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n\n", line)
	}
	return b.String()
}

// Of two runs in a file, the one that begins last is the latest, although the clock went
// back between them. A correction of the run before, and events that come again, change
// nothing in that.
func TestEventsAfterTheClockWentBack(t *testing.T) {
	before, _ := published(t, "s", "b", 3)
	now, want := published(t, "s", "a", 5)
	enc := event.Encoder{Stream: "s", Run: "b", Seq: uint64(len(before))}
	late := enc.Identify(0, 1, "Ada", 1)
	late.Correction = &event.Correction{ID: "c1", Action: "rename", Speaker: 1, Name: "Ada"}
	mended := []event.Event{late}
	for i, order := range [][][]event.Event{
		{before, now},
		{before, now, mended},
		{before, now[:2], mended, now[2:]},
		{before[1:], now, mended}, // from the middle of the run before
		{before, now[:3], before, mended, now, before},
	} {
		got, err := FromEvents(strings.NewReader(jsonLines(t, slices.Concat(order...)...)), "x", func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		if a, b := write(t, CSV, got...), write(t, CSV, want); a != b || got[0].Run() != "a" {
			t.Errorf("order %d: got\n%s\nexpected\n%s", i, a, b)
		}
	}
}

// The document has the turns of the table, and the figures of each speaker's turns.
func TestJSONCountsWhatItHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tl := timeline(t)
		var doc document
		if err := json.Unmarshal([]byte(write(t, JSON, tl)), &doc); err != nil {
			t.Fatal(err)
		}
		s := doc.Streams[0]
		lines := len(tl.Segments())
		if len(s.Turns) != lines || s.Stream != tl.Stream() || s.Heard != tl.At() {
			t.Fatalf("%d turns of %s until %v, expected %d of %s until %v", len(s.Turns), s.Stream, s.Heard, lines, tl.Stream(), tl.At())
		}
		turns, spoken := 0, 0.
		for _, p := range s.Speakers {
			turns += p.Turns
			spoken += p.Talk
		}
		var want float64
		for _, st := range talk.Summarise(tl.Segments()).Stretches {
			want += st.Length()
		}
		if turns != lines || spoken < want-.01 || spoken > want+.01 {
			t.Fatalf("speakers have %d turns and %v s, expected %d and %v", turns, spoken, lines, want)
		}
	})
	if text := write(t, JSON); text != "{\n \"streams\": []\n}\n" {
		t.Errorf("of nothing: %q", text)
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]Format{"a.rttm": RTTM, "b/c.VTT": VTT, "x.htm": HTML, "x.json": JSON} {
		if f, err := FormatOf(name); f != want || err != nil {
			t.Errorf("%s: %q, %v", name, f, err)
		}
	}
	for _, name := range []string{"a", "a.docx", "rttm"} {
		if _, err := FormatOf(name); err == nil || !strings.Contains(err.Error(), ".rttm, .csv, .srt, .vtt, .eaf, .json or .html") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, f := range Formats() {
		if text := write(t, f, &event.Timeline{}); f == HTML && !strings.Contains(text, "Nobody speaks") {
			t.Errorf("%s of nothing: %q", f, text)
		}
	}
}
