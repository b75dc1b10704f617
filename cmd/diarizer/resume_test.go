package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
)

// What cannot be gone on with is said before anything is heard.
func TestResumeFlags(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	d := sessionsIn()
	for _, s := range []saved.Session{
		{Stream: "other", Snapshot: session.Snapshot{Source: event.Source{Model: "another"}}},
		{Stream: "damaged"},
	} {
		if err := d.Save(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(string(d), "damaged.session"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"--resume none":                        "no session is kept of none in " + string(d) + "; there is damaged, other",
		"--resume damaged":                     "damaged.session: the kept session cannot be used: it does not begin like a session",
		"--resume a/b":                         "--resume: ",
		"--resume other --stream x":            "expected one of them",
		"--resume other --device x --device y": "expected one microphone",
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

// The names that people give when a session is over are kept with it.
func TestNamesGivenAfterwardsAreKept(t *testing.T) {
	d := saved.Dir(t.TempDir())
	r := &resumption{dir: d, warn: func(err error) { t.Error(err) }}
	enc := event.Encoder{Stream: "talk", Run: "run", Now: func() time.Time { return time.Unix(0, 0) }}
	tl := &event.Timeline{}
	for _, e := range []event.Event{enc.Start(event.Source{}), enc.AddSpeaker(1, 1), enc.AddSpeaker(2, 2), enc.Identify(3, 2, "Ada", 1)} {
		if err := tl.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	r.save(saved.Session{Stream: "talk", Snapshot: session.Snapshot{Run: "run",
		Events: []event.Event{{Stream: "talk", Run: "run", Kind: event.SpeakerAdded, Speaker: 1}, {Stream: "talk", Run: "run", Kind: event.SpeakerAdded, Speaker: 2}}}})
	if err := r.named([]*event.Timeline{tl}); err != nil {
		t.Fatal(err)
	}
	if s, err := d.Load("talk"); err != nil || len(s.Names) != 1 || s.Names[2] != "Ada" {
		t.Errorf("%v, %v", s.Names, err)
	}
}
