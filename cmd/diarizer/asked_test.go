package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
)

// Where people are asked, as in the view of a terminal, a name alone keeps no voice: those are kept
// who have said yes, while the meeting goes on or after it, and all of it is said at the end.
func TestVoicesAreKeptWithAYes(t *testing.T) {
	cfg, err := (&diarizeFlags{model: "light"}).config()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "voices.json")
	r, err := openVoices(path, "", cfg.Model, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	say := func(format string, args ...any) { said += fmt.Sprintf(format, args...) }
	if keeper := r.asked(cfg.Model, say); keeper == nil {
		t.Fatal("nobody is asked")
	}
	until := time.Now().AddDate(0, 0, 90)
	wish := func(who event.Speaker, name string) string {
		text, err := r.remember("talk", remember.Wish{Speaker: who, Name: name, Expires: until})
		if err != nil {
			t.Error(err)
		}
		return text
	}
	meeting := func() *event.Timeline {
		t.Helper()
		wav := wavBytes(demoSamples(t, 40))
		rec, err := capture.OpenReader(t.Context(), strings.NewReader(string(wav)), "talk.wav", capture.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer rec.Close()
		var desk *correct.Desk
		opts := session.Options{Stream: "talk", Pipeline: cfg, OnDesk: func(d *correct.Desk) { desk = d }}
		opts.OnEvent = func(e event.Event) error { r.event(e); return nil }
		opts.OnProgress = func(at int64) {
			if at < 35*capture.Rate || said != "" {
				return
			}
			said = " "
			for who, name := range map[event.Speaker]string{1: "Ada", 2: "Grace", 3: "Lise"} {
				if _, err := desk.Correct(correct.Correction{Action: correct.Rename, Speaker: who, Name: name}); err != nil {
					t.Error(err)
				}
			}
			for _, name := range []string{"Lise", "Emmy"} { // a yes for a name that is corrected later
				if _, err := desk.Correct(correct.Correction{Action: correct.Rename, Speaker: 3, Name: name}); err != nil {
					t.Error(err)
				}
				if name == "Lise" {
					wish(3, name)
				}
			}
			if text := wish(1, "Ada"); !strings.Contains(text, "will be kept") {
				t.Errorf("while it goes on: %q", text)
			}
		}
		if err := r.attach(&opts); err != nil {
			t.Fatal(err)
		}
		defer r.over("talk")
		tl, err := session.Run(t.Context(), rec, opts)
		if err != nil {
			t.Fatal(err)
		}
		return tl
	}
	meeting()
	if !strings.Contains(said, "the voice of Ada is kept in "+path) || !strings.Contains(said, "Lise, who turned out to be Emmy") {
		t.Errorf("at the end: %q", said)
	}
	if text := wish(2, "Grace"); !strings.Contains(text, "is kept in "+path) {
		t.Errorf("after it: %q", text)
	}
	said = ""
	if err := r.keep(say); err != nil {
		t.Error(err)
	}
	if strings.Count(said, "is kept in") != 2 || strings.Count(said, "\n") != 3 || strings.Count(said, "Lise") != 1 || strings.Contains(said, "will be") {
		t.Errorf("when the view is closed: %q", said)
	}
	if got := works(t, "enroll", "list", "--model", "light", "--file="+path); !strings.Contains(got, "Ada") || !strings.Contains(got, "Grace") || strings.Contains(got, "Lise") || !strings.Contains(got, until.Format(time.DateOnly)) {
		t.Errorf("kept: %s", got)
	}
	if tl := meeting(); tl.Name(1) != "Ada" || tl.Name(2) != "Grace" {
		t.Errorf("the next meeting is of %s and %s", tl.Name(1), tl.Name(2))
	}
}
