package main

import (
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
	"github.com/seed-7adb9000/diarizer/internal/web/httpapi"
)

// A name that is given after the end of a recording is kept for the case that the recording is
// resumed, until it is taken back. What the recording itself knows need not be kept.
func TestNameTakenBackIsNotKept(t *testing.T) {
	nc := natstest.Connect(t, meetingOver(t))
	dir := saved.Dir(t.TempDir())
	if err := dir.Save(saved.Session{Stream: "meeting", Snapshot: session.Snapshot{Run: "run1",
		Events: []event.Event{{Stream: "meeting", Run: "run1", Kind: event.SpeakerAdded, Speaker: 1}, {Stream: "meeting", Run: "run1", Kind: event.SpeakerAdded, Speaker: 2}}}}); err != nil {
		t.Fatal(err)
	}
	say := func(err error) { t.Error(err) }
	api := httpapi.New(httpapi.Options{Keeping: httpapi.Keeping{Dir: dir, For: time.Hour, Say: say}})
	hand := correctOver(nc, keepingNames(api, say))
	rename := func(name string) correct.Correction {
		return correct.Correction{Action: correct.Rename, Speaker: 2, Name: name}
	}
	for i, step := range []struct {
		c    correct.Correction
		want string // the name that is kept
	}{
		{rename("Ada"), "Ada"}, {rename("Bob"), "Bob"}, {correct.Correction{Action: correct.Undo}, "Ada"},
		{correct.Correction{Action: correct.Undo}, ""}, {rename("Cy"), "Cy"}, {rename(""), ""},
	} {
		if _, err := hand(t.Context(), "meeting", step.c); err != nil {
			t.Fatal(err)
		}
		s, err := dir.Load("meeting")
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := s.Names[2]; name != step.want || ok != (step.want != "") || len(s.Names) > 1 {
			t.Errorf("step %d: the names %v are kept, expected %q", i+1, s.Names, step.want)
		}
	}
}
