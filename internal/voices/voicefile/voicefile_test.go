package voicefile

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/network/modelfile"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/online/model"
)

func models(t *testing.T) (one, other model.Model) {
	t.Helper()
	one, _, err := modelfile.Embedded(modelfile.Light)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err = modelfile.Embedded(modelfile.Accurate)
	if err != nil {
		t.Fatal(err)
	}
	return one, other
}

// voice is somebody who has spoken for so many frames.
func voice(m model.Model, name string, frames float64) enroll.Speaker {
	s := m.Shape().NewStats()
	s.N = frames
	for i := range s.D {
		s.D[i] = frames * float64(i+1)
	}
	return enroll.Speaker{Name: name, Enrolled: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Source: "stream a", Stats: s}
}

func open(t *testing.T, path string, m model.Model) *File {
	t.Helper()
	f, err := Open(path, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What is kept is there for the next program, those of another model as they were.
func TestFile(t *testing.T) {
	m, other := models(t)
	path := filepath.Join(t.TempDir(), "new", "voices.json")
	f := open(t, path, m)
	if len(f.List()) != 0 {
		t.Error("a file that is not there has voices")
	}
	for _, sp := range []enroll.Speaker{voice(m, "Grace", 600), voice(m, "Ada", 500)} {
		if err := f.Add(sp, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Add(voice(m, "Ada", 900), false); !errors.Is(err, enroll.ErrExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := f.Learn(voice(m, "Ada", 250)); err != nil {
		t.Fatal(err)
	}
	if err := f.Add(voice(m, " Bo", 900), false); err == nil {
		t.Error("a name with space before it is taken")
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}

	f = open(t, path, other)
	if len(f.Speakers()) != 0 || len(f.List()) != 2 {
		t.Errorf("for another model: %+v", f.List())
	}
	if err := f.Add(voice(other, "Ada", 700), false); err != nil {
		t.Errorf("the same name with another model: %v", err)
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}

	f = open(t, path, m)
	all := f.Speakers()
	if len(all) != 2 || all[0].Name != "Ada" || all[1].Name != "Grace" || all[0].Stats.N != 750 || all[0].Stats.D[1] != 2*750 {
		t.Errorf("read back: %+v", all)
	}
	if err := f.Rename("Ada", "Grace"); !errors.Is(err, enroll.ErrExists) {
		t.Errorf("rename to a name that is taken: %v", err)
	}
	if err := f.Rename("Ada", "Ada Lovelace"); err != nil {
		t.Error(err)
	}
	_, nobody := f.Erase("Bo")
	for _, err := range []error{f.Rename("Bo", "Cy"), nobody} {
		if !errors.Is(err, enroll.ErrNobody) {
			t.Errorf("nobody of that name: %v", err)
		}
	}
	for _, name := range []string{"Ada", "Ada Lovelace", "Grace"} {
		if e, err := f.Erase(name); err != nil || e.Voices != 1 {
			t.Error(e, err)
		}
	}
	if data, err := os.ReadFile(path); err != nil || strings.Contains(string(data), "Ada") || strings.Contains(string(data), "Grace") {
		t.Errorf("deleted, there is left %s, %v", data, err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the file: %v, %v", left, err)
	}
}

func TestNoFileOfVoices(t *testing.T) {
	m, _ := models(t)
	path := filepath.Join(t.TempDir(), "x")
	for _, text := range []string{"", "{}", `{"format":"diarizer voices 2","voices":[]}`, `{"format":"diarizer voices 1","voices":[{}]}`, "SPEAKER a 1 0 1"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(path, m, nil); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
