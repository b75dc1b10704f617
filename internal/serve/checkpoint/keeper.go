package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/seed-7adb9000/diarizer/internal/bus/fence"
)

// Keeper saves one value over and over. Keepers of one name fence each other
// off: the last one that was opened is the only one that can save.
type Keeper struct {
	store    *Store
	name     string
	revision uint64 // of the manifest
	current  manifest
	doubtful []piece // of manifests that may have been committed
}

// Save keeps value instead of the one before. It returns how many bytes had to
// be sent. After an error the one before still stands, or the new one where only the
// answer was lost.
func (k *Keeper) Save(ctx context.Context, value []byte) (sent int, err error) {
	have := make(map[string]piece, len(k.current.Pieces))
	used := make(map[string]bool, len(k.current.Pieces))
	for _, p := range k.current.Pieces {
		have[p.Sum], used[p.Slot] = p, true
	}
	for _, p := range k.doubtful {
		used[p.Slot] = true
	}
	m := manifest{Version: manifestVersion, Epoch: k.current.Epoch, Size: len(value)}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, b := range k.store.gear.split(value) {
		s := sum(b)
		p, ok := have[s]
		if !ok {
			p = piece{Slot: k.slot(used), Size: len(b), Sum: s}
			have[s] = p
			sent += len(b)
			g.Go(func() error {
				_, err := k.store.kv.Put(gctx, p.Slot, b)
				return err
			})
		}
		m.Pieces = append(m.Pieces, p)
	}
	if err := g.Wait(); err != nil {
		return sent, fmt.Errorf("checkpoint of %s: %w", k.name, err)
	}
	return sent, k.commit(ctx, m)
}

// slot returns the first key that no manifest uses which may stand, and marks it
// used, so that an epoch never has more keys than pieces of two values. Slots
// are of the epoch: a Keeper that was fenced off without knowing cannot write
// over what its successor uses.
func (k *Keeper) slot(used map[string]bool) string {
	for i := 0; ; i++ {
		s := fmt.Sprintf("%s.%d.%d", k.name, k.current.Epoch, i)
		if !used[s] {
			used[s] = true
			return s
		}
	}
}

// sweep removes the pieces that no manifest names any more.
func (k *Keeper) sweep(ctx context.Context) error {
	used := make(map[string]bool, len(k.current.Pieces))
	for _, p := range k.current.Pieces {
		used[p.Slot] = true
	}
	keys, err := k.store.kv.ListKeysFiltered(ctx, k.name+".*.*")
	if err != nil {
		return fmt.Errorf("checkpoint of %s: %w", k.name, err)
	}
	var old []string
	for key := range keys.Keys() {
		if !used[key] {
			old = append(old, key)
		}
	}
	for _, key := range old {
		if err := k.store.stream.Purge(ctx, jetstream.WithPurgeSubject(k.store.subject(key))); err != nil {
			return fmt.Errorf("checkpoint of %s: %w", k.name, err)
		}
	}
	return nil
}

// commit makes m the manifest. Where the one that stands is this Keeper's, which
// never heard that it was committed, it is replaced as well.
func (k *Keeper) commit(ctx context.Context, m manifest) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("checkpoint of %s: %w", k.name, err)
	}
	for {
		var revision uint64
		if k.revision == 0 {
			revision, err = k.store.kv.Create(ctx, manifestKey(k.name), data)
		} else {
			revision, err = k.store.kv.Update(ctx, manifestKey(k.name), data, k.revision)
		}
		switch {
		case err == nil:
			k.revision, k.current, k.doubtful = revision, m, nil
			return nil
		case !fence.Refused(err):
			k.doubtful = append(k.doubtful, m.Pieces...)
			return fmt.Errorf("checkpoint of %s: %w", k.name, err)
		}
		if err := k.catchUp(ctx); err != nil {
			return err
		}
	}
}

// catchUp reads the manifest, of which this Keeper expected another revision. Its
// error matches ErrTaken unless it is this Keeper's own.
func (k *Keeper) catchUp(ctx context.Context) error {
	for {
		entry, err := k.store.kv.Get(ctx, manifestKey(k.name))
		if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
			return fmt.Errorf("checkpoint of %s: %w", k.name, err)
		}
		if err == nil && entry.Revision() <= k.revision { // of a server that is behind
			select {
			case <-ctx.Done():
				return fmt.Errorf("checkpoint of %s: %w", k.name, ctx.Err())
			case <-time.After(behind):
			}
			continue
		}
		var found manifest
		if err != nil || json.Unmarshal(entry.Value(), &found) != nil || found.Epoch != k.current.Epoch {
			return fmt.Errorf("%s: %w", k.name, ErrTaken)
		}
		k.revision, k.current = entry.Revision(), found
		return nil
	}
}

// behind is for how long a server is left alone that does not know the latest yet.
const behind = 50 * time.Millisecond

// Clear forgets the value. The Keeper can save again.
func (k *Keeper) Clear(ctx context.Context) error {
	if err := k.commit(ctx, manifest{Version: manifestVersion, Epoch: k.current.Epoch}); err != nil {
		return err
	}
	if err := k.store.stream.Purge(ctx, jetstream.WithPurgeSubject(k.store.subject(k.name+".*.*"))); err != nil {
		return fmt.Errorf("checkpoint of %s: %w", k.name, err)
	}
	return nil
}
