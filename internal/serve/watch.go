package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/bus/wait"
)

// table is a worker's copy of a bucket.
type table struct {
	// put is called for a key that was put or removed.
	put func(jetstream.KeyValueEntry) error
	// only, if not nil, removes all other keys. A watcher that was cut off may have
	// missed the markers of removed keys.
	only func(keys map[string]bool)
}

// watch hands the content of a bucket to t, calls ready, and then hands on every change until
// ctx is done. A watcher that fails, or whose connection was lost, is replaced, and the content
// is handed on once more.
func watch(ctx context.Context, nc *nats.Conn, kv jetstream.KeyValue, t table, ready func(), report func(error)) {
	for {
		err := watchOnce(ctx, nc, kv, t, ready, report)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, errReconnected):
			continue
		}
		report(fmt.Errorf("bucket %s: %w", kv.Bucket(), err))
		if !wait.Sleep(ctx, time.Second) {
			return
		}
	}
}

// errReconnected ends a watcher whose connection was lost and is there again.
var errReconnected = errors.New("there is another connection")

// watchOnce is watch as long as one watcher lasts.
func watchOnce(ctx context.Context, nc *nats.Conn, kv jetstream.KeyValue, t table, ready func(), report func(error)) error {
	reconnected := nc.StatusChanged(nats.CONNECTED)
	defer nc.RemoveStatusListener(reconnected)
	watcher, err := kv.WatchAll(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = watcher.Stop() }() // fails on a closed connection only
	keys := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case _, ok := <-reconnected:
			if !ok {
				return nats.ErrConnectionClosed
			}
			return errReconnected
		case e, ok := <-watcher.Updates():
			switch {
			case !ok:
				return errors.New("no news any more")
			case e == nil: // the content of the bucket is complete
				if t.only != nil {
					t.only(keys)
				}
				keys = nil
				ready()
				continue
			}
			if keys != nil {
				keys[e.Key()] = true
			}
			if err := t.put(e); err != nil {
				report(fmt.Errorf("bucket %s, key %s: %w", kv.Bucket(), e.Key(), err))
			}
		}
	}
}

// retain removes all keys of m that are not in keys.
func retain[V any](m map[string]V, keys map[string]bool) {
	for k := range m {
		if !keys[k] {
			delete(m, k)
		}
	}
}
