package serve

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/identify"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// voices are the enrolled speakers, made ready for comparisons. It may be shared
// by goroutines.
type voices struct {
	kv  jetstream.KeyValue
	m   model.Model
	key *voicekey.Key // nil where they are not encrypted
	by  identify.Rule

	mu    sync.Mutex
	known map[string]known // by their keys
	now   people           // of known; no version where it has to be made
	count uint64           // of changes
}

// known is somebody who is enrolled.
type known struct {
	name  string
	voice identify.Known
}

// people are those enrolled, in one order. They never change; others have another
// version.
type people struct {
	version uint64
	names   []string
	voices  []identify.Known
}

func openVoices(ctx context.Context, js jetstream.JetStream, o Options) (*voices, error) {
	kv, _, err := bucket(ctx, js, VoiceBucket, "enrolled speakers: biometric data", o.Store)
	if err != nil {
		return nil, err
	}
	return &voices{kv: kv, m: o.Pipeline.Model, key: o.VoicesKey, by: o.Naming, known: map[string]known{}}, nil
}

// follow keeps the voices up to date until ctx is done.
func (v *voices) follow(ctx context.Context, nc *nats.Conn, report func(error)) {
	comparer := identify.NewComparer(v.m, v.by)
	t := table{
		put: func(e jetstream.KeyValueEntry) error { return v.put(comparer, e) },
		only: func(keys map[string]bool) {
			v.mu.Lock()
			defer v.mu.Unlock()
			retain(v.known, keys)
			v.count++
		},
	}
	watch(ctx, nc, v.kv, t, func() {}, report)
}

func (v *voices) put(comparer *identify.Comparer, e jetstream.KeyValueEntry) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.known, e.Key())
	v.count++
	if e.Operation() != jetstream.KeyValuePut {
		return nil
	}
	s, err := enroll.Unseal(e.Value(), v.m, v.key)
	if errors.Is(err, enroll.ErrOtherModel) {
		return nil // of workers with that model
	}
	if err != nil {
		return err
	}
	v.known[e.Key()] = known{s.Name, comparer.Know(s.Stats)}
	return nil
}

func (v *voices) all() people {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.now.version != v.count {
		v.now = gather(v.known)
		v.now.version = v.count
	}
	return v.now
}

// gather puts the known in the order of their keys.
func gather(all map[string]known) people {
	var p people
	for _, key := range slices.Sorted(maps.Keys(all)) {
		p.names, p.voices = append(p.names, all[key].name), append(p.voices, all[key].voice)
	}
	return p
}
