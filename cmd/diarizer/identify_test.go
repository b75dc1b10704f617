package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

// A name that was given in one run is known in the next.
func TestYesterdaysNames(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", filepath.Join(dir, "state"))
	wav := writeFile(t, filepath.Join(dir, "talk.wav"), wavBytes(demoSamples(t, 40)))
	ctx, cancel := context.WithCancel(t.Context())
	var stderr shout
	done := make(chan int, 1)
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
	until := time.Now().Add(90 * 24 * time.Hour).Format(time.DateOnly)
	if got := works(t, "enroll", "list", "--file", "--model", "light"); !strings.Contains(got, "Ada Lovelace") || !strings.Contains(got, until) {
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
