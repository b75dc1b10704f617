package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/capture"
	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
	"github.com/seed-7adb9000/diarizer/internal/session/saved"
	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/remember"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// resumable is a meeting whose voices are kept in a file, and which can go on.
type resumable struct {
	t      *testing.T
	dir    saved.Dir
	voices string
	key    string // of the voices, if they are encrypted
	asks   bool   // whether voices are kept of those only who say yes
	full   bool   // whether nothing can be written to the file
	killed bool   // whether the command is killed once the sound has ended
	late   bool   // whether the yes comes after the end of the sound
	said   string
}

// part diarizes samples as the next part of the meeting. In the first part somebody gets a name,
// and in each part says yes if asked.
func (m *resumable) part(samples []float32) {
	m.t.Helper()
	cfg, err := (&diarizeFlags{model: "light"}).config()
	if err != nil {
		m.t.Fatal(err)
	}
	r, err := openVoices(m.voices, m.key, cfg.Model, io.Discard)
	if err != nil {
		m.t.Fatal(err)
	}
	if m.asks {
		r.asked(cfg.Model, func(string, ...any) {})
	}
	kept := &resumption{dir: m.dir, warn: func(err error) { m.t.Error(err) }}
	if s, err := m.dir.Load("talk"); err == nil {
		kept.from, kept.learnt = &s, s.Learnt
	}
	if err := r.goOn(kept.from); err != nil {
		m.t.Fatal(err)
	}
	rec, err := capture.OpenReader(m.t.Context(), bytes.NewReader(wavBytes(samples)), "talk.wav", capture.Options{})
	if err != nil {
		m.t.Fatal(err)
	}
	defer rec.Close()
	opts := session.Options{Stream: "talk", Pipeline: cfg, OnEvent: func(e event.Event) error { r.event(e); return nil }}
	origin := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	if kept.from != nil {
		origin = origin.Add(time.Minute)
	}
	var begin int64
	opts.Keep, opts.Source.Origin, begin = kept.options("talk", origin)
	var desk *correct.Desk
	opts.OnDesk = func(d *correct.Desk) { desk = d }
	yes := func() {
		if _, err := r.remember("talk", remember.Wish{Speaker: 1, Name: "Ada", Expires: time.Now().AddDate(1, 0, 0)}); err != nil {
			m.t.Error(err)
		}
	}
	kept.follow(r)
	asked := false
	opts.OnProgress = func(at int64) {
		if asked || at < begin+int64(len(samples))*3/4 {
			return
		}
		asked = true
		if kept.from == nil {
			if _, err := desk.Correct(correct.Correction{Action: correct.Rename, Speaker: 1, Name: "Ada"}); err != nil {
				m.t.Error(err)
			}
		}
		if m.asks && !m.late {
			yes()
		}
	}
	if err := r.attach(&opts); err != nil {
		m.t.Fatal(err)
	}
	tl, err := session.Run(m.t.Context(), &shifted{rec, begin}, opts)
	if err != nil {
		m.t.Fatal(err)
	}
	if m.late {
		yes()
	}
	if m.killed {
		return
	}
	m.said = ""
	if err := r.keep(func(format string, args ...any) { m.said += format }); (err != nil) != m.full {
		m.t.Fatal(err)
	}
	if err := kept.over(&output{timelines: []*event.Timeline{tl}, voices: r}, tl.Stream()); err != nil {
		m.t.Fatal(err)
	}
}

// frames returns how many frames of speech the file has of Ada.
func (m *resumable) frames() float64 {
	m.t.Helper()
	cfg, err := (&diarizeFlags{model: "light"}).config()
	if err != nil {
		m.t.Fatal(err)
	}
	key, err := keyOf(m.key)
	if err != nil {
		m.t.Fatal(err)
	}
	f, err := voicefile.Open(m.voices, cfg.Model, key)
	if err != nil {
		m.t.Fatal(err)
	}
	n := 0.0
	for _, sp := range f.Speakers() {
		if sp.Name != "Ada" {
			m.t.Errorf("kept the voice of %s", sp.Name)
		}
		n += sp.Stats.N
	}
	return n
}

// A meeting that goes on teaches what was said since, and nothing twice.
func TestVoicesOfAMeetingThatGoesOn(t *testing.T) {
	for _, asks := range []bool{false, true} {
		dir := t.TempDir()
		m := &resumable{t: t, dir: saved.Dir(filepath.Join(dir, "sessions")), voices: filepath.Join(dir, "voices.json"), asks: asks}
		sound := demoSamples(t, 70)
		m.part(sound[:30*capture.Rate])
		first := m.frames()
		if first < enroll.MinFrames {
			t.Fatalf("%g frames of the first part: %s", first, m.said)
		}
		m.part(make([]float32, 5*capture.Rate)) // nobody speaks
		if got := m.frames(); got != first {
			t.Errorf("asked %t: %g frames after nothing was said, %g before", asks, got, first)
		}
		m.part(sound[30*capture.Rate:]) // Ada speaks about as long as before
		if got := m.frames(); got < 1.5*first || got > 2.5*first {
			t.Errorf("asked %t: %g frames after the last part, %g after the first", asks, got, first)
		}
	}
}

// A voice that was erased does not come back when its meeting goes on.
func TestErasedVoicesOfAMeetingThatGoesOn(t *testing.T) {
	dir := t.TempDir()
	m := &resumable{t: t, dir: saved.Dir(filepath.Join(dir, "sessions")), voices: filepath.Join(dir, "voices.json")}
	sound := demoSamples(t, 70)
	m.part(sound[:30*capture.Rate])
	if m.frames() == 0 {
		t.Fatal("no voice is kept")
	}
	works(t, "enroll", "delete", "--model", "light", "--file="+m.voices, "Ada")
	m.part(sound[30*capture.Rate:])
	if got := m.frames(); got != 0 || !strings.Contains(m.said, "was erased") {
		t.Errorf("%g frames are back: %s", got, m.said)
	}
}

// A voice that could not be written counts as not learnt: it is written when the meeting goes on.
func TestVoicesThatCouldNotBeWritten(t *testing.T) {
	dir := t.TempDir()
	sound := demoSamples(t, 30)
	whole := &resumable{t: t, dir: saved.Dir(filepath.Join(dir, "whole")), voices: filepath.Join(dir, "whole.json")}
	whole.part(sound)
	far := filepath.Join(dir, "disk")
	m := &resumable{t: t, dir: saved.Dir(filepath.Join(dir, "sessions")), voices: filepath.Join(far, "voices.json"), full: true}
	if err := os.Symlink(filepath.Join(dir, "mounted"), far); err != nil { // which is not there
		needs.Missing(t, "a symbolic link cannot be made: %v", err)
	}
	m.part(sound)
	if err := os.Mkdir(filepath.Join(dir, "mounted"), 0o700); err != nil {
		t.Fatal(err)
	}
	m.full = false
	m.part(make([]float32, 5*capture.Rate)) // nobody speaks
	if got, want := m.frames(), whole.frames(); got != want {
		t.Errorf("%g frames, of %g: %s", got, want, m.said)
	}
	if strings.Contains(m.said, "was erased") {
		t.Error(m.said)
	}
}

// A voice that was kept with a yes is not learnt again if the command is killed while its page
// stays: the session knows of it already.
func TestVoicesOfAMeetingThatIsKilled(t *testing.T) {
	for _, late := range []bool{false, true} {
		dir := t.TempDir()
		m := &resumable{t: t, dir: saved.Dir(filepath.Join(dir, "sessions")), voices: filepath.Join(dir, "voices.json"), asks: true, killed: true, late: late}
		m.part(demoSamples(t, 30))
		first := m.frames()
		if first < enroll.MinFrames {
			t.Fatalf("%g frames are kept", first)
		}
		m.late = false
		m.part(make([]float32, 5*capture.Rate)) // nobody speaks, and somebody says yes again
		if got := m.frames(); got != first {
			t.Errorf("late %t: %g frames after nothing was said, %g before", late, got, first)
		}
	}
}

// What a session has of learnt voices is encrypted where the file of voices is.
func TestLearntVoicesAreEncrypted(t *testing.T) {
	dir := t.TempDir()
	m := &resumable{t: t, dir: saved.Dir(filepath.Join(dir, "sessions")), voices: filepath.Join(dir, "voices.json"), key: filepath.Join(dir, "voices.key")}
	works(t, "enroll", "new-key", m.key)
	m.part(demoSamples(t, 30))
	first := m.frames()
	s, err := m.dir.Load("talk")
	if err != nil || len(s.Learnt) != 1 || !voicekey.Sealed(s.Learnt[0].Voice) {
		t.Fatalf("%.500q, %v", s.Learnt, err)
	}
	m.part(make([]float32, 5*capture.Rate)) // nobody speaks
	if got := m.frames(); got != first {
		t.Errorf("%g frames after nothing was said, %g before", got, first)
	}
}

// What was learnt can be asked for while the keeper says what it does.
func TestLearntWhileSomethingIsSaid(t *testing.T) {
	cfg, err := (&diarizeFlags{model: "light"}).config()
	if err != nil {
		t.Fatal(err)
	}
	r, err := openVoices(filepath.Join(t.TempDir(), "voices.json"), "", cfg.Model, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	k := r.asked(cfg.Model, func(string, ...any) {})
	over := make(chan error)
	go func() {
		var errs []error
		for range 5000 {
			_, err := k.Begin("talk", cfg.Model)
			_, wish := k.Keep("talk", remember.Wish{Speaker: 1, Name: "Ada"})
			k.Heard("talk", map[int]model.Stats{}, func(n int) (int, string) { return n, "Ada" }) // nothing of her, which is said
			errs = append(errs, err, wish)
		}
		over <- errors.Join(errs...)
	}()
	deadline := time.After(30 * time.Second)
	asked := make(chan error)
	for {
		go func() {
			_, err := r.learntOf("talk", nil)
			asked <- err
		}()
		select {
		case err := <-asked:
			if err != nil {
				t.Fatal(err)
			}
		case <-deadline:
			t.Fatal("both wait for each other")
		}
		select {
		case err := <-over:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}
