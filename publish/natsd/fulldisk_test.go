//go:build linux || darwin

package natsd

import (
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
)

// limitFiles makes every writing beyond so many bytes of a file fail, as a full disk does, until the test
// ends or lift is called.
func limitFiles(t *testing.T, bytes uint64) (lift func()) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Skip(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: before.Max}); err != nil {
		t.Skip(err)
	}
	lift = func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { lift(); signal.Reset(syscall.SIGXFSZ) })
	return lift
}

// One writing that fails makes a stream refuse everything afterwards, also with room on the disk.
func TestServerStoresAgainWhenThereIsRoom(t *testing.T) {
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	events := eventtest.Encoded(eventtest.Seeded(91), "meeting", 600)
	p := publisher(t, s)
	lift := limitFiles(t, 64<<10)
	publishAll(t, p, events)
	for deadline := time.Now().Add(patience); !s.ceased(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) || p.Stats().Queued == 0 {
			t.Fatalf("the disk was not full: %+v", p.Stats())
		}
	}
	if hasRoom(s.opts.StoreDir) {
		t.Error("a full disk has room")
	}
	lift()
	wantStored(t, s, p, events)
}
