package transcript

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/online"
)

// A turn that had a line gets a correction when it was another speaker's, however short it
// was.
func TestEveryTurnThatWasToldIsCorrected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		enc := event.Encoder{Stream: "s", Run: "r"}
		length := rapid.Int64Range(1600, 16000).Draw(t, "length")
		first := online.Turn{ID: 1, Speaker: 1, Start: 16000, End: 16000 + length, State: online.Final, Confidence: .9}
		second := first
		second.Speaker = rapid.IntRange(0, 3).Draw(t, "speaker")
		kind := rapid.SampledFrom([]online.Kind{online.TurnRevised, online.TurnWithdrawn, online.TurnUpdated}).Draw(t, "kind")
		var out bytes.Buffer
		p := New(&out, Options{})
		events := []event.Event{
			enc.Start(event.Source{}),
			online.Encode(&enc, online.Event{Kind: online.TurnEnded, At: 40000, Turn: first}),
			online.Encode(&enc, online.Event{Kind: kind, At: 50000, Turn: second}),
			enc.Finish(60000, event.Finished, ""),
		}
		for _, e := range events {
			if err := p.Event(e); err != nil {
				t.Fatal(err)
			}
		}
		is := event.Speaker(second.Speaker).String()
		if kind == online.TurnWithdrawn {
			is = "nobody"
		}
		if told := strings.Contains(out.String(), " is "+is+", not S1\n"); told != (is != "S1") {
			t.Fatalf("S1 for %v s, then %s: correction told: %v\n%s", event.Time(length).Seconds(), is, told, &out)
		}
	})
}

// The turns at the end are those of the files.
func TestFinalIsTheTimeline(t *testing.T) {
	tl := &event.Timeline{}
	for _, e := range scene() {
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := Final(&out, tl, Options{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	segments := tl.Segments()
	if len(lines) != len(segments)+1 || !strings.Contains(lines[0], "sure of the speaker") {
		t.Fatalf("%d lines for %d turns:\n%s", len(lines)-1, len(segments), &out)
	}
	for i, s := range segments {
		if want := fmt.Sprintf("%.1f s", s.End-s.Start); !strings.Contains(lines[i+1], want) {
			t.Errorf("line %q lacks %s", lines[i+1], want)
		}
	}
	out.Reset()
	if err := Final(&out, &event.Timeline{}, Options{}); err != nil || out.Len() > 0 {
		t.Errorf("of nothing: %q, %v", &out, err)
	}
}
