package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/cli"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// What other programs do to the file of voices during a meeting stays.
func TestVoicesChangeDuringAMeeting(t *testing.T) {
	m, err := cli.ReadModel("light")
	if err != nil {
		t.Fatal(err)
	}
	heard := m.Shape().NewStats()
	heard.N = 3000
	path := filepath.Join(t.TempDir(), "voices.json")
	change := func(what func(*voicefile.File) error) {
		t.Helper()
		f, err := voicefile.Open(path, m, nil)
		if err = errors.Join(err, what(f), f.Save()); err != nil {
			t.Fatal(err)
		}
	}
	add := func(name string) func(*voicefile.File) error {
		return func(f *voicefile.File) error {
			return f.Add(enroll.Speaker{Name: name, Enrolled: time.Now(), Source: "stream a", Stats: heard}, false)
		}
	}
	change(add("Ada"))
	r, err := openVoices(path, "", m, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	change(func(f *voicefile.File) error { _, err := f.Erase("Ada"); return err })
	change(add("Carol"))
	over := enroll.Speaker{Name: "Dora", Enrolled: time.Now(), Source: "stream a", Stats: m.Shape().NewStats(), Expires: time.Now().Add(time.Second)}
	over.Stats.N = 800
	for i := range over.Stats.D { // another voice
		over.Stats.D[i] = float64(i + 1)
	}
	change(func(f *voicefile.File) error { return f.Add(over, false) })
	time.Sleep(time.Until(over.Expires))
	r.heard["s"] = map[int]model.Stats{1: heard}
	r.event(event.Event{Stream: "s", Kind: event.SpeakerIdentified, Speaker: 1, Name: "Bob", Confidence: 1})
	var said strings.Builder
	if err := r.keep(func(format string, args ...any) { fmt.Fprintf(&said, format, args...) }); err != nil {
		t.Fatal(err)
	}
	f, err := voicefile.Open(path, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, sp := range f.Speakers() {
		names = append(names, sp.Name)
	}
	if got := strings.Join(names, " "); got != "Bob Carol" || !strings.Contains(said.String(), "--file="+path) || !strings.Contains(said.String(), "the time of Dora's voice was over") {
		t.Errorf("kept %s: %s", got, &said)
	}
}

// A file that nothing is added to need not be readable at the end.
func TestNobodyIsNamed(t *testing.T) {
	m, err := cli.ReadModel("light")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "voices.json")
	r, err := openVoices(path, "", m, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r.event(event.Event{Stream: "s", Kind: event.SpeakerIdentified, Speaker: 1, Name: "Ada", Confidence: 0.9})
	r.event(event.Event{Stream: "s", Kind: event.SpeakerIdentified, Speaker: 2, Name: "Bob", Confidence: 1})
	r.event(event.Event{Stream: "s", Kind: event.SpeakerIdentified, Speaker: 2, Name: "S2", Confidence: 1})
	writeFile(t, path, []byte("{}"))
	if err := r.keep(func(format string, args ...any) { t.Errorf(format, args...) }); err != nil {
		t.Error(err)
	}
}

// A name that was given in one run is known in the next.
func TestYesterdaysNames(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	wav := writeFile(t, filepath.Join(dir, "talk.wav"), wavBytes(demoSamples(t, 40)))
	ctx, cancel := context.WithCancel(t.Context())
	var stderr shout
	done := make(chan int, 1)
	before := time.Now()
	go func() {
		done <- run(ctx, []string{"run", "--model", "light", "--identify", "--voices-expire", "90d", "--http", "127.0.0.1:0", "--out", filepath.Join(dir, "one.rttm"), wav}, strings.NewReader(""), &shout{}, &stderr)
	}()
	url := stderr.wait(t, `the page stays at (\S+)`)
	if reply := post(t, url, "talk", correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada Lovelace"}); reply.Error != "" {
		t.Fatalf("answered %+v", reply)
	}
	cancel()
	if status := <-done; status != exitInterrupted || !strings.Contains(stderr.String(), "kept the voice of Ada Lovelace") {
		t.Fatalf("status %d: %s", status, stderr.String())
	}
	voices := filepath.Join(dir, "state", "diarizer", "voices.json")
	if info, err := os.Stat(voices); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the file of voices: %v, %v", info, err)
	}
	works(t, "run", "--model", "light", "--identify", "--out", filepath.Join(dir, "two.rttm"), wav)
	if got := read(t, filepath.Join(dir, "two.rttm")); !strings.Contains(got, " Ada_Lovelace ") {
		t.Errorf("nobody is known again:\n%s", got)
	}
	works(t, "run", "--model", "light", "--out", filepath.Join(dir, "three.rttm"), wav)
	if got := read(t, filepath.Join(dir, "three.rttm")); strings.Contains(got, "Ada") {
		t.Errorf("a name without --identify:\n%s", got)
	}
	// The file is one that enroll --file reads.
	if got := works(t, "enroll", "list", "--file", "--model", "light"); !strings.Contains(got, "Ada Lovelace") || !expiresIn90Days(got, before) {
		t.Errorf("list: %s", got)
	}
	works(t, "enroll", "rename", "--file="+voices, "--model", "light", "Ada Lovelace", "Ada")
	if got := works(t, "enroll", "list", "--file"); !strings.Contains(got, "another model") {
		t.Errorf("the list for another model: %s", got)
	}
	works(t, "enroll", "delete", "--file", "--model", "light", "Ada")
	if got := read(t, voices); strings.Contains(got, "Ada") {
		t.Errorf("deleted, there is left %s", got)
	}
	writeFile(t, filepath.Join(dir, "other.json"), []byte("{}"))
	for _, args := range [][]string{
		{"run", "--identify=" + filepath.Join(dir, "other.json"), wav},
		{"enroll", "list", "--file=" + filepath.Join(dir, "other.json")},
	} {
		if status, _, stderr := diarizer(t.Context(), nil, args...); status != exitInput || !strings.Contains(stderr, "no file of voices") {
			t.Errorf("%q: status %d, %s", args, status, stderr)
		}
	}
	if status, _, stderr := diarizer(t.Context(), nil, "run", "--identify=nats", wav); status != exitUsage {
		t.Errorf("without a server: status %d, %s", status, stderr)
	}
}
