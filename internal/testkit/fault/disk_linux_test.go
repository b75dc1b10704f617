package fault

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/seed-7adb9000/diarizer/internal/testkit/needs"
	"github.com/seed-7adb9000/diarizer/publish"
)

// The journal is on a disk of 256 KiB, and the server comes when that has long
// been full.
func TestJournalOnAFullDisk(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		needs.Missing(t, "no right to mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	port := freePorts(t, 1)[0]
	var srv *node
	store := t.TempDir()
	nc, err := publish.Connect(t.Context(), fmt.Sprintf("nats://127.0.0.1:%d", port), publish.ConnectOptions{Wait: true})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	var mu sync.Mutex
	full := 0
	p, err := publish.NewPublisher(nc, publish.PublisherOptions{Journal: disk, Run: run, OnError: func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if strings.Contains(err.Error(), syscall.ENOSPC.Error()) {
			full++
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	const n = 4000
	for seq := uint64(1); seq <= n; seq++ {
		if err := p.Publish(eventOf(seq, n)); err != nil {
			t.Fatal(err)
		}
		if seq == n/2 {
			srv = newNode(t, port, store)
		}
	}
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if full == 0 {
		t.Error("the full disk was not mentioned")
	}
	stored(t, srv.url, n)
}
