package tui

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

// A run that begins after the clock was set back is shown, although its id is below that of
// the run before.
func TestTheClockGoesBack(t *testing.T) {
	f := NewFeed()
	m := NewModel(f)
	before := meeting.Events(meeting.Options{Run: "b", Seed: 1, Turns: 10, Names: []string{"Bo"}})
	now := meeting.Events(meeting.Options{Run: "a", Seed: 2, Turns: 10, Names: []string{"Ada"}})
	now = now[:len(now)-5] // it goes on
	shown := func(why string) {
		t.Helper()
		v := m.View()
		if s := f.streams["meeting"]; s.board.Run() != "a" || !strings.Contains(v, "live") || strings.Contains(v, "earlier run, of") {
			t.Fatalf("%s: run %s is the latest:\n%s", why, s.board.Run(), v)
		}
		if keys := []string{"meeting/b", "meeting"}; !slices.Equal(f.order, keys) {
			t.Fatalf("%s: in order are %q, expected %q", why, f.order, keys)
		}
	}
	fill(t, f, before)
	for _, e := range now {
		fill(t, f, []event.Event{e})
		shown("goes on")
	}
	if v := m.View(); !strings.Contains(v, "Ada") || !strings.Contains(v, "1 earlier run: Tab") {
		t.Errorf("the run that goes on:\n%s", v)
	}

	enc := event.Encoder{Stream: "meeting", Run: "b", Seq: uint64(len(before))}
	late := enc.Identify(0, 2, "Grace", 1)
	late.Correction = &event.Correction{ID: "c1", Action: "rename", Speaker: 2, Name: "Grace"}
	fill(t, f, []event.Event{late})
	shown("after a correction of the run before")
	if s := f.streams["meeting/b"]; s == nil || s.board.Name(2) != "Grace" || s.board.Seq() != late.Seq {
		t.Errorf("the correction did not reach its run: %+v", s)
	}

	for _, e := range append(before, now...) { // read again from the beginning
		fill(t, f, []event.Event{e})
		shown("again")
	}
	if n := f.streams["meeting"].board.Seq(); n != uint64(len(now)) {
		t.Errorf("shown until event %d, expected %d", n, len(now))
	}
}
