//go:build unix

package fault

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
	"github.com/seed-7adb9000/diarizer/publish"
)

// A server's machine crashes, and what its disk has is older than what the
// server has acknowledged: new events get numbers in JetStream that others had.
// Who has listened throughout misses nothing; JetStream does not have them all.
func TestServerForgetsWhatItHadStored(t *testing.T) {
	t.Parallel()
	const crashes, n = 4, 4000
	store, old := filepath.Join(t.TempDir(), "store"), filepath.Join(t.TempDir(), "old")
	srv := newNode(t, freePorts(t, 1)[0], store)
	p, err := publish.NewPublisher(dial(t, srv.url), publish.PublisherOptions{Journal: t.TempDir(), Run: run})
	if err != nil {
		t.Fatal(err)
	}
	received := throughout(t, srv.url)
	seq := uint64(0)
	publishTo := func(last uint64) {
		t.Helper()
		for seq < last {
			seq++
			if err := p.Publish(eventOf(seq, n)); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Flush(patient(t)); err != nil {
			t.Fatal(err)
		}
	}
	for i := uint64(1); i <= crashes; i++ {
		publishTo(i*n/crashes - n/20)
		srv.kill()
		if err := errors.Join(os.RemoveAll(old), os.CopyFS(old, os.DirFS(store))); err != nil {
			t.Fatal(err)
		}
		srv.start(t)
		publishTo(i*n/crashes - 1)
		// What nobody has received before the crash is lost for good.
		for ctx := patient(t); received.reached.Load() < seq && wait.Sleep(ctx, time.Millisecond); {
		}
		srv.kill()
		if err := errors.Join(os.RemoveAll(store), os.CopyFS(store, os.DirFS(old))); err != nil {
			t.Fatal(err)
		}
		srv.start(t)
	}
	publishTo(n)
	if err := p.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	received.check(n)
}
