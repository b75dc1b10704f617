package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
)

// A session that cannot go on is an error before anything is heard.
func TestResumeFlags(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	d := sessionsIn()
	for _, s := range []saved.Session{
		{Stream: "other", Snapshot: session.Snapshot{Source: event.Source{Model: "another"}}},
		{Stream: "damaged"},
		{Stream: "call", Places: []saved.Place{{Name: "Ada", Device: "USB"}, {Name: "Others", Device: "Monitor"}}, Snapshot: session.Snapshot{Source: event.Source{Model: "another"}}},
	} {
		if err := d.Save(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(string(d), "damaged.session"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--resume none":                        "no session is kept of none in " + string(d) + "; there is call, damaged, other",
		"--resume damaged":                     "damaged.session: the kept session cannot be used: it does not begin like a session",
		"--resume a/b":                         "--resume: ",
		"--resume other --stream x":            "expected one of them",
		"--resume other --device x --device y": "it was heard by one microphone: expected one, there are 2",
		"--resume call":                        "it was heard by 2 microphones, of Ada, Others: expected as many, in this order, there is 1",
		"--resume call --device x --device y --names Others,Ada": "call was heard with Ada,Others: expected the same",
	} {
		status, _, stderr := diarizer(t.Context(), nil, strings.Fields("listen --nats off --model light "+args)...)
		if status != exitUsage && status != exitInput || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q, want one line with %q", args, status, stderr, want)
		}
	}
	from, err := d.Load("other")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := (&diarizeFlags{model: "light"}).config()
	if err != nil {
		t.Fatal(err)
	}
	l := &listenFlags{resume: "other"}
	if _, err := l.fit(&from, cfg, true); err == nil || !strings.Contains(err.Error(), "was heard with the model another") {
		t.Errorf("%v", err)
	}
	from.Snapshot.Source.Model = cfg.Model.Fingerprint()
	if _, err := l.fit(&from, cfg, true); err == nil || !strings.Contains(err.Error(), "snapshot of a stream cannot be used") {
		t.Errorf("%v", err)
	}
}

// The microphones of a session keep their places, under any names.
func TestMicrophonesKeepTheirPlaces(t *testing.T) {
	before := []saved.Place{{Name: "Ada", Device: "USB"}, {Name: "Others", Device: "Monitor"}}
	l := &listenFlags{resume: "call"}
	if err := l.seat(before, 2); err != nil || !slices.Equal(l.names, []string{"Ada", "Others"}) {
		t.Errorf("%v, %v", l.names, err)
	}
	r := &resumption{from: &saved.Session{Stream: "call", Places: before}}
	for _, devices := range [][2]string{{"USB", "Monitor"}, {"USB", "Another"}, {"Another", "Monitor"}} {
		if err := r.sit([]saved.Place{{Name: "Ada", Device: devices[0]}, {Name: "Others", Device: devices[1]}}); err != nil {
			t.Errorf("%v: %v", devices, err)
		}
	}
	err := r.sit([]saved.Place{{Name: "Ada", Device: "Monitor"}, {Name: "Others", Device: "USB"}})
	if err == nil || !strings.Contains(err.Error(), `"Monitor" was the microphone of Others, not of Ada`) {
		t.Errorf("changed places: %v", err)
	}
	same := []saved.Place{{Name: "Ada", Device: "Desk"}, {Name: "Grace", Device: "Desk"}} // channels of one device
	if err := (&resumption{from: &saved.Session{Places: same}}).sit(same); err != nil {
		t.Error(err)
	}
}

// named is a timeline of a run in which the first speaker is called Ada, and the session of
// that run without the name.
func named(t *testing.T) (*event.Timeline, saved.Session) {
	t.Helper()
	enc := event.Encoder{Stream: "talk", Run: "run"}
	tl := &event.Timeline{}
	for _, e := range []event.Event{enc.Start(event.Source{}), enc.AddSpeaker(1, 1), enc.Identify(1, 1, "Ada", 1)} {
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return tl, saved.Session{Stream: "talk", Snapshot: session.Snapshot{Run: "run", Events: []event.Event{{Kind: event.SpeakerAdded, Speaker: 1}}}}
}

// A save that fails is told once, and the next one that succeeds is told too. Names that are
// given after the end are saved in any case.
func TestSessionIsSavedAfterFailure(t *testing.T) {
	tl, s := named(t)
	for _, recovers := range []string{"before the end", "at the end"} {
		t.Run(recovers, func(t *testing.T) {
			var said []string
			d := saved.Dir(filepath.Join(t.TempDir(), "sessions"))
			r := &resumption{dir: d, warn: func(err error) { said = append(said, err.Error()) }}
			writeFile(t, string(d), nil) // in the place of the directory
			r.save(s)
			r.save(s)
			if len(said) != 1 || !strings.Contains(said[0], "cannot be kept") {
				t.Errorf("said %q", said)
			}
			if err := os.Remove(string(d)); err != nil {
				t.Fatal(err)
			}
			if recovers == "before the end" {
				r.save(s)
			}
			if err := r.over(&output{timelines: []*event.Timeline{tl}}, "talk"); err != nil {
				t.Fatal(err)
			}
			if len(said) != 2 || !strings.Contains(said[1], "is kept again") {
				t.Errorf("said %q", said)
			}
			if s, err := d.Load("talk"); err != nil || s.Names[1] != "Ada" {
				t.Errorf("%v, %v", s.Names, err)
			}
		})
	}
}

// The names that people give and take away after the end of a session are saved with it.
func TestNamesGivenAfterwardsAreKept(t *testing.T) {
	d := saved.Dir(t.TempDir())
	r := &resumption{dir: d, warn: func(err error) { t.Error(err) }}
	enc := event.Encoder{Stream: "talk", Run: "run", Now: func() time.Time { return time.Unix(0, 0) }}
	tl := &event.Timeline{}
	late := &correct.Late{}
	for _, e := range []event.Event{enc.Start(event.Source{}), enc.AddSpeaker(1, 1), enc.AddSpeaker(2, 2), enc.AddSpeaker(3, 3), enc.AddSpeaker(4, 4), enc.AddSpeaker(4, 5),
		enc.Identify(2, 3, "Grace", 1), enc.Identify(2, 4, "Lise", 0.8), enc.Identify(3, 2, "Ada", 1), enc.Identify(3, 3, "S3", 1), enc.Identify(3, 5, "Eve", 1),
		enc.Identify(4, 4, "S4", 0), enc.Identify(4, 1, "Lise", 0.9), // the last look has found her elsewhere
		enc.MergeSpeakers(4, 5, 1), enc.Identify(4, 1, "Eve", 1), // and it was Eve
		enc.Finish(5, event.Interrupted, "")} {
		if err := errors.Join(tl.Apply(e), late.Apply(e)); err != nil {
			t.Fatal(err)
		}
	}
	r.save(saved.Session{Stream: "talk", Snapshot: session.Snapshot{Run: "run",
		Events: []event.Event{{Kind: event.SpeakerAdded, Speaker: 1}, {Kind: event.SpeakerAdded, Speaker: 2},
			{Kind: event.SpeakerAdded, Speaker: 3}, {Kind: event.SpeakerIdentified, Speaker: 3, Name: "Grace", Confidence: 1},
			{Kind: event.SpeakerAdded, Speaker: 4}, {Kind: event.SpeakerIdentified, Speaker: 4, Name: "Lise", Confidence: 0.8},
			{Kind: event.SpeakerAdded, Speaker: 5}, {Kind: event.SpeakerIdentified, Speaker: 5, Name: "Eve", Confidence: 1}}}})
	// The name of S3 was taken away, and that of S5 was not.
	want := map[event.Speaker]string{1: "Eve", 2: "Ada", 3: ""}
	for _, late := range []*correct.Late{nil, late} {
		if err := r.over(&output{timelines: []*event.Timeline{tl}, lates: map[string]*correct.Late{"talk": late}}, "talk"); err != nil {
			t.Fatal(err)
		}
		if s, err := d.Load("talk"); err != nil || !maps.Equal(s.Names, want) {
			t.Errorf("%v, %v", s.Names, err)
		}
	}
}

// What people correct after the end of a session is saved with it, and so are the names that
// they gave after the last snapshot and before the end.
func TestCorrectionsAfterwardsAreKept(t *testing.T) {
	d := saved.Dir(t.TempDir())
	r := &resumption{dir: d, warn: func(err error) { t.Error(err) }}
	enc := event.Encoder{Stream: "talk", Run: "run"}
	tl, late := &event.Timeline{}, &correct.Late{}
	hear := func(e event.Event) {
		t.Helper()
		if err := errors.Join(tl.Apply(e), late.Apply(e)); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range []event.Event{enc.Start(event.Source{}), enc.AddSpeaker(1, 1), enc.AddSpeaker(2, 2), enc.Identify(2, 2, "Bob", 1), enc.Finish(3, event.Interrupted, "")} {
		hear(e)
	}
	for _, c := range []correct.Correction{{Action: correct.Rename, Speaker: 1, Name: "Ada"}, {Action: correct.Merge, Speaker: 2, Into: 1}} {
		events, err := late.Correct(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			hear(e)
		}
	}
	r.save(saved.Session{Stream: "talk", Snapshot: session.Snapshot{Run: "run",
		Events: []event.Event{{Kind: event.SpeakerAdded, Speaker: 1}, {Kind: event.SpeakerAdded, Speaker: 2}}}})
	if err := r.over(&output{timelines: []*event.Timeline{tl}, lates: map[string]*correct.Late{"talk": late}}, "talk"); err != nil {
		t.Fatal(err)
	}
	s, err := d.Load("talk")
	if err != nil || !maps.Equal(s.Names, map[event.Speaker]string{2: "Bob"}) {
		t.Errorf("names %v, %v", s.Names, err)
	}
	if len(s.Made) != 2 || s.Made[0].Name != "Ada" || s.Made[1].Action != correct.Merge {
		t.Errorf("corrections %+v", s.Made)
	}
	keep, _, _ := (&resumption{from: &s}).options("talk", time.Time{})
	if len(keep.Made) != 2 || !maps.Equal(keep.Names, s.Names) {
		t.Errorf("goes on with %+v, %v", keep.Made, keep.Names)
	}
}

// Somebody may correct the stream while the session is saved. The race detector looks on.
func TestCorrectionWhileTheSessionIsSaved(t *testing.T) {
	o, _ := ended(t, "a.csv")
	if err := o.write(t.Context()); err != nil {
		t.Fatal(err)
	}
	stream, run := o.timelines[0].Stream(), o.timelines[0].Run()
	r := &resumption{dir: saved.Dir(t.TempDir()), warn: func(err error) { t.Error(err) }}
	r.save(saved.Session{Stream: stream, Snapshot: session.Snapshot{Run: run, Events: []event.Event{{Kind: event.SpeakerAdded, Speaker: 1}}}})
	var corrected sync.WaitGroup
	corrected.Go(func() {
		if _, _, _, err := o.correctLate(t.Context(), stream, correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}); err != nil {
			t.Error(err)
		}
	})
	if err := r.over(o, stream); err != nil {
		t.Error(err)
	}
	corrected.Wait()
	if err := r.over(o, stream); err != nil {
		t.Error(err)
	}
	if s, err := r.dir.Load(stream); err != nil || len(s.Made) != 1 || s.Made[0].Name != "Ada" {
		t.Errorf("corrections %+v, %v", s.Made, err)
	}
}
