package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// watch hands what a bucket holds to put, calls ready, and hands on what changes,
// until ctx is done. A watcher that fails is replaced, and all of that comes again.
func watch(ctx context.Context, kv jetstream.KeyValue, put func(jetstream.KeyValueEntry) error, ready func(), report func(error)) {
	for {
		err := watchOnce(ctx, kv, put, ready, report)
		if ctx.Err() != nil {
			return
		}
		report(fmt.Errorf("bucket %s: %w", kv.Bucket(), err))
		if !sleep(ctx, time.Second) {
			return
		}
	}
}

// watchOnce is watch as long as one watcher lasts.
func watchOnce(ctx context.Context, kv jetstream.KeyValue, put func(jetstream.KeyValueEntry) error, ready func(), report func(error)) error {
	watcher, err := kv.WatchAll(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = watcher.Stop() }() // fails on a closed connection only
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, ok := <-watcher.Updates():
			switch {
			case !ok:
				return errors.New("no news any more")
			case e == nil: // what was there has come
				ready()
				continue
			}
			if err := put(e); err != nil {
				report(fmt.Errorf("bucket %s, key %s: %w", kv.Bucket(), e.Key(), err))
			}
		}
	}
}
