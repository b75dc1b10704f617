package voicefile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// link makes a symbolic link, or skips the test where nobody may.
func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		needs.Missing(t, "a symbolic link cannot be made: %v", err)
	}
}

// A file of voices may lie elsewhere, with a link in its place. Voices that are added and erased
// through the link are added and erased where the file lies.
func TestLinksToFilesOfVoices(t *testing.T) {
	m, _ := models(t)
	for name, lay := range map[string]func(dir string){
		"a file":               func(dir string) { link(t, filepath.Join(dir, "far", "voices.json"), filepath.Join(dir, "voices.json")) },
		"a path from the link": func(dir string) { link(t, filepath.Join("far", "voices.json"), filepath.Join(dir, "voices.json")) },
		"a link to a file": func(dir string) {
			link(t, "other.json", filepath.Join(dir, "voices.json"))
			link(t, filepath.Join("far", "voices.json"), filepath.Join(dir, "other.json"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			lay(dir)
			at, far := filepath.Join(dir, "voices.json"), filepath.Join(dir, "far", "voices.json")
			addTwo(t, m, at, far)
			if _, err := open(t, at, m).Erase("Ada"); err != nil {
				t.Error(err)
			}
			if all := open(t, far, m).Speakers(); len(all) != 1 || all[0].Name != "Grace" {
				t.Errorf("after one was erased: %+v", all)
			}
			if info, err := os.Lstat(at); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Errorf("the link has become %v, %v", info, err)
			}
			for where, want := range map[string]string{dir: "far", filepath.Dir(far): "voices.json"} {
				all, err := os.ReadDir(where)
				for _, e := range all {
					if e.Name() != want && e.Type()&os.ModeSymlink == 0 {
						t.Errorf("in %s there is %s as well", where, e.Name())
					}
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Links in a circle are an error, and stay.
func TestLinksInACircle(t *testing.T) {
	m, _ := models(t)
	at := filepath.Join(t.TempDir(), "voices.json")
	link(t, "voices.json", at)
	f := &File{path: at, m: m}
	if err := f.Save(); err == nil {
		t.Error("a file was written")
	}
	if to, err := os.Readlink(at); err != nil || to != "voices.json" {
		t.Error(to, err)
	}
}

// addTwo adds two voices to the file at a path, of which the first makes the file, and looks for
// them in the file far.
func addTwo(t *testing.T, m model.Model, at, far string) {
	t.Helper()
	for i, name := range []string{"Ada", "Grace"} {
		f := open(t, at, m)
		if err := f.Add(voice(m, name, float64(600+i)), false); err != nil {
			t.Fatal(err)
		}
		if err := f.Save(); err != nil {
			t.Fatal(err)
		}
		if all := open(t, far, m).Speakers(); len(all) != i+1 {
			t.Errorf("after %s there are %d voices in %s", name, len(all), far)
		}
	}
}
