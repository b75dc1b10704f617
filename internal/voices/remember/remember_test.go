package remember

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicefile"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// heard is what two people have said, the second of them hardly anything.
func heard(m model.Model) map[int]model.Stats {
	said := map[int]model.Stats{}
	for who, frames := range map[int]float64{1: 2000, 2: 40} {
		s := m.Shape().NewStats()
		s.N = frames
		for i := range s.D {
			s.D[i] = frames * float64(i%7)
		}
		for i := range s.DInv {
			s.DInv[i] = frames
		}
		said[who] = s
	}
	return said
}

// unchanged is what became of speakers of whom nothing was corrected.
func unchanged(speaker int) (int, string) { return speaker, "" }

func TestVoicesAreKeptWhenAsked(t *testing.T) {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "voices.json")
	var said []string
	k := New(path, m, nil, func(text string) { said = append(said, text) })
	until := time.Now().AddDate(0, 0, 90)
	ask := func(stream string, who event.Speaker, name string) (string, error) {
		return k.Keep(stream, Wish{Speaker: who, Name: name, Expires: until})
	}
	if _, err := ask("a", 1, "Ada"); !errors.Is(err, ErrRefused) {
		t.Errorf("of a stream that never was: %v", err)
	}
	if people, err := k.Begin("a", m); err != nil || len(people) != 0 {
		t.Fatal(people, err)
	}
	if _, err := ask("a", 1, " Ada"); !errors.Is(err, ErrRefused) {
		t.Errorf("a name that is none: %v", err)
	}
	if text, err := ask("a", 1, "Ada"); err != nil || !strings.Contains(text, "when the meeting has ended") {
		t.Errorf("while it goes on: %q, %v", text, err)
	}
	if _, err := ask("a", 2, "Grace"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("something is kept before anybody was heard")
	}
	k.Heard("a", heard(m), unchanged)
	k.Ended("a")
	if len(said) != 2 || !strings.Contains(said[0], "Ada is kept in "+path) || !strings.Contains(said[1], "Grace") || !strings.Contains(said[1], "not kept") {
		t.Errorf("said %q", said)
	}
	// After the meeting too, as long as it is known, once each.
	k.Ended("a")
	if _, err := ask("a", 1, "Ada"); !errors.Is(err, ErrRefused) {
		t.Errorf("the same voice twice: %v", err)
	}
	people, err := k.Begin("b", m)
	if err != nil || len(people) != 1 || people[0].Name != "Ada" || people[0].Stats.N != 2000 || !people[0].Expires.Equal(until.UTC()) {
		t.Fatalf("%+v, %v", people, err)
	}
	k.Heard("b", heard(m), unchanged)
	if text, err := ask("b", 1, "Ada"); err != nil || !strings.Contains(text, "is kept in") {
		t.Errorf("after it: %q, %v", text, err)
	}
	if people, err = k.Begin("c", m); err != nil || len(people) != 1 || people[0].Stats.N != 4000 {
		t.Errorf("%+v, %v", people, err)
	}
	k.Ended("c") // without anybody heard
	if _, err := ask("c", 1, "Ada"); !errors.Is(err, ErrRefused) {
		t.Errorf("of a stream that has failed: %v", err)
	}
	// What is in memory is bounded.
	for range 2 * kept {
		for _, stream := range []string{"d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u"} {
			if _, err := k.Begin(stream, m); err != nil {
				t.Fatal(err)
			}
			k.Heard(stream, heard(m), unchanged)
		}
	}
	if len(k.meetings) != kept || len(k.over) != kept {
		t.Errorf("%d meetings, %d over are kept", len(k.meetings), len(k.over))
	}
	f, err := voicefile.Open(path, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Erase("Ada"); err != nil {
		t.Error(err)
	}
	if people, err := k.Begin("z", m); err != nil || len(people) != 0 {
		t.Errorf("erased by somebody else: %+v, %v", people, err)
	}
}

// Voices that are kept are listed and can be erased, and so can wishes to keep a voice. An erased
// voice is gone from the list.
func TestVoicesAreErased(t *testing.T) {
	m, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "voices.json")
	var said []string
	k := New(path, m, nil, func(text string) { said = append(said, text) })
	if all, err := k.Voices(); err != nil || all == nil || len(all) != 0 {
		t.Errorf("of no file: %#v, %v", all, err)
	}
	until := time.Now().AddDate(0, 0, 90)
	wish := func(stream, name string) {
		t.Helper()
		if _, err := k.Begin(stream, m); err != nil {
			t.Fatal(err)
		}
		if _, err := k.Keep(stream, Wish{Speaker: 1, Name: name, Expires: until}); err != nil {
			t.Fatal(err)
		}
	}
	wish("a", "Ada")
	k.Heard("a", heard(m), unchanged)
	wish("b", "Grace")
	all, err := k.Voices()
	if err != nil || len(all) != 1 || all[0].Name != "Ada" || all[0].Seconds != 20 || all[0].Source != "stream a" || !all[0].Expires.Equal(until.UTC()) {
		t.Errorf("%+v, %v", all, err)
	}
	if text, err := k.Erase("Grace"); err != nil || !strings.Contains(text, "Grace is not kept") {
		t.Errorf("of a wish: %q, %v", text, err)
	}
	k.Heard("b", heard(m), unchanged)
	if text, err := k.Erase("Ada"); err != nil || !strings.Contains(text, "1 voice, 20.0 s of speech, from stream a; "+path+" was read again and has nothing of it") {
		t.Errorf("of a voice: %q, %v", text, err)
	}
	for _, name := range []string{"Ada", "Grace"} {
		if _, err := k.Erase(name); !errors.Is(err, enroll.ErrNobody) {
			t.Errorf("%s again: %v", name, err)
		}
	}
	if all, err := k.Voices(); err != nil || len(all) != 0 || len(said) != 1 {
		t.Errorf("%+v, %v, said %q", all, err, said)
	}
	if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Voices(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("of a file that is none: %v", err)
	}
	if _, err := k.Erase("Ada"); err == nil || errors.Is(err, enroll.ErrNobody) {
		t.Errorf("in a file that is none: %v", err)
	}
}
