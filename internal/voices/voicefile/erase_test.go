package voicefile

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
)

// statsOf are the statistics of a voice as a file has them.
func statsOf(t *testing.T, data []byte, name string) string {
	t.Helper()
	var w struct {
		Voices []struct{ Name, Stats string }
	}
	if err := json.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	for _, v := range w.Voices {
		if v.Name == name {
			return v.Stats
		}
	}
	t.Fatalf("nobody is called %s", name)
	return ""
}

// Of an erased voice nothing is left: neither in the file, nor where the file before it lies on
// the disk, nor in what an interrupted run has left beside it.
func TestErasureIsComplete(t *testing.T) {
	names := []string{"plain", "[a]", "[a"}
	if runtime.GOOS != "windows" {
		names = append(names, "a*?")
	}
	for _, name := range names { // some are patterns, of another directory or of none
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		eraseIn(t, dir)
	}
}

func eraseIn(t *testing.T, dir string) {
	t.Helper()
	m, other := models(t)
	path := filepath.Join(dir, "voices.json")
	f := open(t, path, m)
	for _, sp := range []enroll.Speaker{voice(m, "Ada", 500), voice(m, "Grace", 600)} {
		if err := f.Add(sp, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	f = open(t, path, other)
	if err := f.Add(voice(other, "Ada", 700), false); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	ada, grace := statsOf(t, before, "Ada"), statsOf(t, before, "Grace")
	left := filepath.Join(dir, unfinished+"123")
	if err := os.WriteFile(left, before, 0o600); err != nil {
		t.Fatal(err)
	}
	hour := time.Now().Add(-time.Hour)
	if err := os.Chtimes(left, hour, hour); err != nil {
		t.Fatal(err)
	}
	same := filepath.Join(t.TempDir(), "same") // another name of the bytes on the disk
	if err := os.Link(path, same); err != nil {
		t.Fatal(err)
	}

	e, err := open(t, path, m).Erase("Ada")
	if err != nil || e.Voices != 2 || e.Seconds != 5 || !slices.Equal(e.Sources, []string{"stream a"}) {
		t.Errorf("%+v, %v", e, err)
	}
	if got := e.String(); got != "2 voices, 5.0 s of speech, from stream a; "+path+" was read again and has nothing of it" {
		t.Error(got)
	}
	after, err := os.ReadFile(path)
	if err != nil || bytes.Contains(after, []byte(ada)) || bytes.Contains(after, []byte("Ada")) || !bytes.Contains(after, []byte(grace)) {
		t.Errorf("erased, there is left %.200s, %v", after, err)
	}
	if runtime.GOOS != "windows" {
		if old, err := os.ReadFile(same); err != nil || len(old) != len(before) || len(bytes.Trim(old, "\x00")) > 0 {
			t.Errorf("on the disk there is left %.200q, %v", old, err)
		}
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
		t.Errorf("beside it: %v, %v", all, err)
	}
}

// A voice whose time is over is erased by whatever opens the file next.
func TestExpiry(t *testing.T) {
	m, other := models(t)
	path := filepath.Join(t.TempDir(), "voices.json")
	f := open(t, path, m)
	ada, grace := voice(m, "Ada", 500), voice(m, "Grace", 600)
	ada.Expires, grace.Expires = time.Now().Add(-time.Second), time.Now().Add(time.Hour)
	for _, sp := range []enroll.Speaker{ada, grace} {
		if err := f.Add(sp, false); err != nil {
			t.Fatal(err)
		}
	}
	// What is learnt later is kept as long as before, unless it says otherwise.
	if err := f.Learn(voice(m, "Grace", 100)); err != nil {
		t.Fatal(err)
	}
	if err := f.Save(); err != nil {
		t.Fatal(err)
	}
	f = open(t, path, other) // of any model
	if !slices.Equal(f.Expired(), []string{"Ada"}) {
		t.Errorf("expired: %v", f.Expired())
	}
	if data, err := os.ReadFile(path); err != nil || strings.Contains(string(data), "Ada") {
		t.Errorf("expired, there is left %.200s, %v", data, err)
	}
	f = open(t, path, m)
	if all := f.Speakers(); len(all) != 1 || all[0].Name != "Grace" || !all[0].Expires.Equal(grace.Expires) || len(f.Expired()) > 0 {
		t.Errorf("%+v, expired %v", all, f.Expired())
	}
}
