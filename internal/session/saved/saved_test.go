package saved

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/session"
	"github.com/seed-7adb9000/diarizer/internal/session/correct"
)

func example() Session {
	return Session{Stream: "standup", Saved: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Names: map[event.Speaker]string{2: "Ada"},
		Snapshot: session.Snapshot{Run: "r", At: 99, Desk: []byte{1, 2}, Chain: []byte{3}, Source: event.Source{Name: "Stand-up", Origin: time.Unix(5, 0).UTC()}}}
}

func TestSessionsAreKept(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "sessions"))
	want := example()
	for range 2 { // the second session replaces the first
		if err := d.Save(want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := d.Load("standup")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	info, err := os.Stat(filepath.Join(string(d), "standup.session"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := d.Load("retro"); !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "there is standup") {
		t.Errorf("%v", err)
	}
	if _, err := d.Load("../standup"); err == nil {
		t.Error("a path was taken for a stream")
	}
	if err := d.Sweep(time.Now(), Lifetime); err != nil {
		t.Error(err)
	}
	if _, err := d.Load("standup"); err != nil {
		t.Error("it was swept away:", err)
	}
	if err := d.Sweep(time.Now().Add(Lifetime+time.Minute), Lifetime); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(string(d)); len(entries) > 0 {
		t.Errorf("%v is left", entries)
	}
}

// A file of the version before this one is read, and one of another version is refused.
func TestVersionsOfSessions(t *testing.T) {
	d := Dir(t.TempDir())
	want := example()
	want.Made = []correct.Made{{Correction: correct.Correction{Action: correct.Give, Turns: []int{1}, Into: 3}, New: true}}
	if err := d.Save(want); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(d.path("standup"))
	if err != nil {
		t.Fatal(err)
	}
	for v, ok := range map[int]bool{version - 2: false, version - 1: true, version: true, version + 1: false} {
		data := strings.Replace(string(whole), fmt.Sprint("session ", version), fmt.Sprint("session ", v), 1)
		if err := os.WriteFile(d.path("standup"), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		switch s, err := d.Load("standup"); {
		case ok && (err != nil || !reflect.DeepEqual(s, want)):
			t.Errorf("version %d: %+v, %v", v, s, err)
		case !ok && (!errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), fmt.Sprintf("version %d, this program reads versions 1 and 2", v))):
			t.Errorf("version %d: %v", v, err)
		}
	}
}

// A voice is read as an object, which earlier files have, and in base64.
func TestVoicesOfEarlierSessions(t *testing.T) {
	d := Dir(t.TempDir())
	body := `{"stream":"standup","learnt":[{"speaker":"S1","file":"a","voice":{"name":"Ada"}},{"speaker":"S2","file":"a","voice":"AQID"}]}`
	data := fmt.Sprintf("diarizer-session 2 %08x\n%s", crc32.Checksum([]byte(body), castagnoli), body)
	if err := os.WriteFile(d.path("standup"), []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := d.Load("standup")
	want := []Learnt{{1, "a", Voice(`{"name":"Ada"}`)}, {2, "a", Voice{1, 2, 3}}}
	if err != nil || !reflect.DeepEqual(s.Learnt, want) {
		t.Fatalf("%q, %v", s.Learnt, err)
	}
	if err := d.Save(s); err != nil {
		t.Fatal(err)
	}
	if s, err := d.Load("standup"); err != nil || !reflect.DeepEqual(s.Learnt, want) {
		t.Errorf("saved again: %q, %v", s.Learnt, err)
	}
}

// However a file is damaged, it is loaded whole or not at all.
func TestDamagedSessions(t *testing.T) {
	d := Dir(t.TempDir())
	if err := d.Save(example()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(string(d), "standup.session")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		broken := append([]byte(nil), whole...)
		broken[n] ^= 0x10
		for _, data := range [][]byte{broken, whole[:n]} {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if s, err := d.Load("standup"); !errors.Is(err, ErrDamaged) && !reflect.DeepEqual(s, example()) {
				t.Fatalf("byte %d: %+v, %v", n, s, err)
			}
		}
	}
}

// TestLock holds that one process has a session until it releases the lock, and that Sweep
// removes lock files.
func TestLock(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "sessions"))
	release, err := d.Lock("standup")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lock("standup"); !errors.Is(err, ErrBusy) {
		t.Errorf("locked twice: %v", err)
	}
	later := time.Now().Add(Lifetime + time.Minute)
	if err := d.Sweep(later, Lifetime); err != nil {
		t.Error(err)
	}
	if _, err := d.Lock("standup"); !errors.Is(err, ErrBusy) {
		t.Errorf("locked twice after a sweep: %v", err)
	}
	other, err := d.Lock("retro")
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range []func() error{release, other} {
		if err := release(); err != nil {
			t.Error(err)
		}
	}
	if release, err = d.Lock("standup"); err != nil {
		t.Fatalf("let go of: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if err := d.Sweep(later, Lifetime); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(string(d)); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// Of many sessions, the latest stay, and so do sessions that are in use.
func TestLimit(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "sessions"))
	s := example()
	for i, stream := range []string{"a", "b", "c", "d"} {
		if s.Stream = stream; d.Save(s) != nil {
			t.Fatal("not saved")
		}
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(d.path(stream), at, at); err != nil {
			t.Fatal(err)
		}
	}
	release, err := d.Lock("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Limit(2); err != nil {
		t.Error(err)
	}
	if got := d.Streams(); !reflect.DeepEqual(got, []string{"a", "c", "d"}) {
		t.Errorf("%v are left", got)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if err := d.Limit(0); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(string(d)); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
