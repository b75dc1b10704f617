package serve

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/testkit/natstest"
)

// failing is a bucket that cannot be watched at first, and then has no changes.
type failing struct {
	jetstream.KeyValue
	watched int
}

func (f *failing) WatchAll(ctx context.Context, opts ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	f.watched++
	switch f.watched {
	case 1:
		return nil, errors.New("no answer")
	case 2:
		return over{}, nil
	}
	return f.KeyValue.WatchAll(ctx, opts...)
}

// over is a watcher that has ended.
type over struct{ jetstream.KeyWatcher }

func (over) Updates() <-chan jetstream.KeyValueEntry {
	c := make(chan jetstream.KeyValueEntry)
	close(c)
	return c
}

func (over) Stop() error { return nil }

// TestWatchGoesOn holds that a bucket is followed even after its watcher could not be made, and after
// the watcher has ended.
func TestWatchGoesOn(t *testing.T) {
	nc := natstest.New(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), "before", nil); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	keys, ready, failures := make(chan string, 2), make(chan struct{}), 0
	wg.Go(func() {
		defer close(keys)
		watch(ctx, nc, &failing{KeyValue: kv}, table{put: func(e jetstream.KeyValueEntry) error {
			keys <- e.Key()
			return nil
		}}, func() { close(ready) }, func(error) { failures++ })
	})
	if got := <-keys; got != "before" {
		t.Fatalf("key %q, expected what was there", got)
	}
	<-ready
	if _, err := kv.Put(ctx, "after", nil); err != nil {
		t.Fatal(err)
	}
	if got := <-keys; got != "after" {
		t.Fatalf("key %q, expected what came later", got)
	}
	cancel()
	for range keys {
	}
	if failures != 2 {
		t.Errorf("%d failures were reported, expected 2", failures)
	}
}
