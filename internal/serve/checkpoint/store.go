package checkpoint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

var (
	// ErrNone is the error for a name without a checkpoint.
	ErrNone = errors.New("no checkpoint")
	// ErrDamaged is matched by the error for a checkpoint with a part that is missing or was
	// not saved like that.
	ErrDamaged = errors.New("checkpoint is damaged")
	// ErrTaken is matched by the error of a Keeper that another Keeper has replaced.
	ErrTaken = errors.New("another has taken over the checkpoint")
)

// manifestVersion is the version of the manifests that this program writes.
const manifestVersion = 1

// manifest lists the pieces of a value. Only manifests are overwritten: a piece that a
// committed manifest names never is.
type manifest struct {
	Version int     `json:"version"`
	Epoch   uint64  `json:"epoch"`
	Size    int     `json:"size"`
	Pieces  []piece `json:"pieces"`
}

type piece struct {
	Slot string `json:"slot"`
	Size int    `json:"size"`
	Sum  string `json:"sum"` // SHA-256, 32 hexadecimal digits of it
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:16])
}

// Store keeps checkpoints in a bucket. It may be shared by goroutines.
type Store struct {
	kv     jetstream.KeyValue
	stream jetstream.Stream // behind the bucket
	gear   *gear
}

// NewStore returns a Store over a bucket. The bucket has to exist, with a history of 1.
func NewStore(ctx context.Context, js jetstream.JetStream, bucket string) (*Store, error) {
	kv, err := js.KeyValue(ctx, bucket)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", bucket, err)
	}
	stream, err := js.Stream(ctx, "KV_"+bucket)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", bucket, err)
	}
	return &Store{kv: kv, stream: stream, gear: newGear()}, nil
}

// subject is the subject of a key in the stream behind the bucket.
func (s *Store) subject(key string) string { return "$KV." + s.kv.Bucket() + "." + key }

// Open takes over the checkpoint of a name, a token of A-Z a-z 0-9 _ -, and returns the value
// that was saved last, nil if there is none. epoch has to be higher than that of every earlier
// Keeper of the name. With an error that matches [ErrDamaged], the Keeper is valid.
func (s *Store) Open(ctx context.Context, name string, epoch uint64) (*Keeper, []byte, error) {
	k := &Keeper{store: s, name: name, current: manifest{Version: manifestVersion, Epoch: epoch}}
	entry, err := s.kv.Get(ctx, manifestKey(name))
	var found manifest
	var damaged error
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
	case err != nil:
		return nil, nil, fmt.Errorf("checkpoint of %s: %w", name, err)
	default:
		k.revision = entry.Revision()
		if err := json.Unmarshal(entry.Value(), &found); err != nil {
			damaged = fmt.Errorf("%s: %w: its manifest: %w", name, ErrDamaged, err)
		} else if found.Version != manifestVersion {
			damaged = fmt.Errorf("%s: %w: manifest of version %d, this program reads %d", name, ErrDamaged, found.Version, manifestVersion)
		} else {
			k.current.Size, k.current.Pieces = found.Size, found.Pieces
		}
	}
	if damaged != nil {
		k.current.Pieces = nil
	}
	if err := k.commit(ctx, k.current); err != nil {
		return nil, nil, err
	}
	if err := k.sweep(ctx); err != nil {
		return nil, nil, err
	}
	if damaged != nil || len(found.Pieces) == 0 {
		return k, nil, damaged
	}
	value, err := s.load(ctx, name, found)
	if err != nil {
		return k, nil, err
	}
	return k, value, nil
}

// Peek returns the value that was saved last. It does not take over the checkpoint.
func (s *Store) Peek(ctx context.Context, name string) ([]byte, error) {
	entry, err := s.kv.Get(ctx, manifestKey(name))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("%s: %w", name, ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint of %s: %w", name, err)
	}
	var m manifest
	if err := json.Unmarshal(entry.Value(), &m); err != nil {
		return nil, fmt.Errorf("%s: %w: its manifest: %w", name, ErrDamaged, err)
	}
	if len(m.Pieces) == 0 {
		return nil, fmt.Errorf("%s: %w", name, ErrNone)
	}
	return s.load(ctx, name, m)
}

// Names returns the names with a manifest, including those that were cleared.
func (s *Store) Names(ctx context.Context) ([]string, error) {
	info, err := s.stream.Info(ctx, jetstream.WithSubjectFilter(s.subject(manifestKey("*"))))
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	var names []string
	for subject := range info.State.Subjects {
		key := strings.TrimPrefix(subject, s.subject(""))
		names = append(names, strings.TrimSuffix(key, manifestKey("")))
	}
	slices.Sort(names)
	return names, nil
}

// Forget removes everything that is kept under a name. A Keeper of the name that is still in
// use saves all pieces again the next time, or gets ErrTaken.
func (s *Store) Forget(ctx context.Context, name string) error {
	for _, key := range []string{name + ".*.*", manifestKey(name)} {
		if err := s.stream.Purge(ctx, jetstream.WithPurgeSubject(s.subject(key))); err != nil {
			return fmt.Errorf("checkpoint of %s: %w", name, err)
		}
	}
	return nil
}

// maxValue is far above the size of any value, in bytes. It bounds the memory that a forged
// manifest can ask for.
const maxValue = 1 << 30

// load reads the pieces of a value and joins them.
func (s *Store) load(ctx context.Context, name string, m manifest) ([]byte, error) {
	size := 0
	for _, p := range m.Pieces {
		if p.Size < 0 || p.Size > maxPiece {
			return nil, fmt.Errorf("%s: %w: a piece of %d bytes", name, ErrDamaged, p.Size)
		}
		size += p.Size
	}
	if size != m.Size || size > maxValue {
		return nil, fmt.Errorf("%s: %w: %d bytes in pieces, expected %d", name, ErrDamaged, size, m.Size)
	}
	value := make([]byte, size)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	at := 0
	for _, p := range m.Pieces {
		dst := value[at : at+p.Size]
		at += p.Size
		g.Go(func() error {
			entry, err := s.kv.Get(ctx, p.Slot)
			switch {
			case errors.Is(err, jetstream.ErrKeyNotFound):
				return fmt.Errorf("%s: %w: piece %s is missing", name, ErrDamaged, p.Slot)
			case err != nil:
				return fmt.Errorf("checkpoint of %s: piece %s: %w", name, p.Slot, err)
			case len(entry.Value()) != p.Size || sum(entry.Value()) != p.Sum:
				return fmt.Errorf("%s: %w: piece %s is not what was saved", name, ErrDamaged, p.Slot)
			}
			copy(dst, entry.Value())
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return value, nil
}

func manifestKey(name string) string { return name + ".manifest" }
