//go:build linux || darwin

package natsd

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/testkit/eventtest"
)

// limitFiles makes every writing beyond so many bytes of a file fail, as a full disk does, until the test
// ends or lift is called. That is so for the whole process.
func limitFiles(t *testing.T, bytes uint64) (lift func()) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	lift = func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { lift(); signal.Reset(syscall.SIGXFSZ) })
	return lift
}

// alone is set in the process of its own that a test with limitFiles has.
const alone = "DIARIZER_TEST_ALONE"

// One writing that fails makes a stream refuse everything afterwards, also with room on the disk.
func TestServerStoresAgainWhenThereIsRoom(t *testing.T) {
	if os.Getenv(alone) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), alone+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
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
