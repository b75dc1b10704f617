package natsd

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// left makes a directory as a server leaves it that was killed an hour ago.
func left(t *testing.T, parent, name string) (dir, lock string) {
	t.Helper()
	dir = filepath.Join(parent, name)
	lock = filepath.Join(dir, tempLock)
	if err := os.MkdirAll(filepath.Join(dir, "jetstream", "streams"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(lock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	age(t, dir)
	return dir, lock
}

// age makes a directory an hour old.
func age(t *testing.T, dir string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dir, old, old); err != nil {
		t.Fatal(err)
	}
}

// The events of a meeting whose program was killed do not stay for ever. Nothing else is removed.
func TestServerRemovesWhatADeadOneLeft(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("TMP", temp) // the name on Windows
	running, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	age(t, running.opts.StoreDir)

	dead, _ := left(t, temp, "diarizer-nats-1")
	used, lock := left(t, temp, "diarizer-nats-2")
	l := flock.New(lock)
	if ok, err := l.TryLock(); err != nil || !ok {
		t.Fatal(ok, err)
	}
	defer l.Unlock()
	young, _ := left(t, temp, "diarizer-nats-3")
	if err := os.Chtimes(young, time.Time{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	unlocked, lock := left(t, temp, "diarizer-nats-4")
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	age(t, unlocked)
	other, _ := left(t, temp, "diarizer-nats-5-notes")

	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("%s of a dead server: %v", dead, err)
	}
	for _, dir := range []string{running.opts.StoreDir, used, young, unlocked, other} {
		if _, err := os.Stat(filepath.Join(dir, "jetstream")); err != nil {
			t.Error(err)
		}
	}
}
