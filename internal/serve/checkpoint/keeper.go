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

// Keeper saves the successive versions of one value. Of the Keepers of a name, only the one
// that was opened last can save.
type Keeper struct {
	store    *Store
	name     string
	revision uint64 // of the manifest
	current  manifest
	doubtful []piece // of manifests that were perhaps committed
}

// Save replaces the saved value. It returns how many bytes it had to send. After an error, the
// saved value is the one before, or the new one if only the answer was lost.
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

// slot returns the first key that no manifest in force uses, and marks it as used. So an epoch
// never has more keys than two values have pieces. Keys contain the epoch, so that a Keeper
// that was replaced without knowing it cannot overwrite the pieces of its successor.
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

// commit makes m the manifest. It also replaces a manifest of this Keeper whose commit was
// never acknowledged.
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

// catchUp reads the manifest after its revision was not the expected one. The error matches
// ErrTaken unless the manifest is this Keeper's own.
func (k *Keeper) catchUp(ctx context.Context) error {
	for {
		entry, err := k.store.kv.Get(ctx, manifestKey(k.name))
		if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
			return fmt.Errorf("checkpoint of %s: %w", k.name, err)
		}
		if err == nil && entry.Revision() <= k.revision { // from a server that is behind
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

// behind is the wait before a server that is behind is asked again.
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
