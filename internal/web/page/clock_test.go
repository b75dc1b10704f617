package page

import (
	"fmt"
	"testing"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/testkit/meeting"
)

// A run that begins after the clock was set back is shown, although its id is below that of
// the run before.
func TestTheClockGoesBack(t *testing.T) {
	h := NewHub()
	show := func(events ...event.Event) {
		t.Helper()
		for _, e := range events {
			if err := h.Event(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := meeting.Events(meeting.Options{Run: "b", Seed: 1, Turns: 10})
	now := meeting.Events(meeting.Options{Run: "a", Seed: 2, Turns: 10})
	now = now[:len(now)-5] // it goes on
	page := viewer{c: cursor{stream: "meeting"}}
	follow := func(why, run string, seq uint64) {
		t.Helper()
		if err := page.look(h); err != nil || page.run != run || page.seq != seq || h.latest("meeting") != run {
			t.Fatalf("%s: the page shows %s:%d, %v, and the latest is %s; expected %s:%d", why, page.run, page.seq, err, h.latest("meeting"), run, seq)
		}
	}
	show(before...)
	follow("first", "b", uint64(len(before)))
	for i, e := range now {
		show(e)
		follow("goes on", "a", uint64(i+1))
	}
	if len(page.streams) != 2 || page.streams[0].Run != "a" || page.streams[0].Earlier || !page.streams[1].Earlier {
		t.Errorf("listed: %+v", page.streams)
	}

	enc := event.Encoder{Stream: "meeting", Run: "b", Seq: uint64(len(before))}
	late := enc.Identify(0, 1, "Ada", 1)
	late.Correction = &event.Correction{ID: "c1", Action: "rename", Speaker: 1, Name: "Ada"}
	show(late)
	follow("after a correction of the run before", "a", uint64(len(now)))
	if s := h.run("meeting", "b"); s == nil || s.board.Name(1) != "Ada" || s.board.Seq() != late.Seq {
		t.Errorf("the correction did not reach its run: %+v", s)
	}

	boards := page.boards
	for _, events := range [][]event.Event{before, now} { // read again from the beginning
		for _, e := range events {
			show(e)
			follow("again", "a", uint64(len(now)))
		}
	}
	if page.boards != boards {
		t.Errorf("the page changed %d times between the runs", page.boards-boards)
	}
}

// The runs that are kept are those that began last, whatever their ids are.
func TestKeepsTheRunsThatBeganLast(t *testing.T) {
	h := NewHub()
	const runs = 2 + maxEarlier
	for i := range runs {
		for _, e := range meeting.Events(meeting.Options{Run: fmt.Sprintf("run%03d", runs-i), Turns: 1}) {
			if err := h.Event(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	v := viewer{c: cursor{stream: "meeting"}}
	if err := v.look(h); err != nil || len(v.streams) != 1+maxEarlier {
		t.Fatalf("%d runs are listed, %v", len(v.streams), err)
	}
	for i, s := range v.streams {
		if want := fmt.Sprintf("run%03d", 1+i); s.Run != want {
			t.Errorf("in place %d of the list is %s, expected %s", i, s.Run, want)
		}
	}
}
