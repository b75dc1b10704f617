package serve

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/internal/enroll"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// voices are the enrolled speakers, made ready for comparisons. It may be shared
// by goroutines.
type voices struct {
	kv jetstream.KeyValue
	m  model.Model

	mu    sync.Mutex
	known map[string]known
}

type known struct {
	name  string
	voice *model.Voice // never changed
}

func openVoices(ctx context.Context, js jetstream.JetStream, m model.Model, o StoreOptions) (*voices, error) {
	kv, _, err := bucket(ctx, js, VoiceBucket, "enrolled speakers: biometric data", o)
	if err != nil {
		return nil, err
	}
	return &voices{kv: kv, m: m, known: map[string]known{}}, nil
}

// follow keeps the voices up to date until ctx is done.
func (v *voices) follow(ctx context.Context, nc *nats.Conn, report func(error)) {
	scorer := v.m.NewScorer()
	t := table{
		put: func(e jetstream.KeyValueEntry) error { return v.put(scorer, e) },
		only: func(keys map[string]bool) {
			v.mu.Lock()
			defer v.mu.Unlock()
			retain(v.known, keys)
		},
	}
	watch(ctx, nc, v.kv, t, func() {}, report)
}

func (v *voices) put(scorer model.Scorer, e jetstream.KeyValueEntry) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.known, e.Key())
	if e.Operation() != jetstream.KeyValuePut {
		return nil
	}
	s, err := enroll.Decode(e.Value(), v.m)
	if errors.Is(err, enroll.ErrOtherModel) {
		return nil // of workers with that model
	}
	if err != nil {
		return err
	}
	v.known[e.Key()] = newKnown(s, scorer)
	return nil
}

// newKnown makes a speaker ready for comparisons.
func newKnown(s enroll.Speaker, scorer model.Scorer) known {
	voice := &model.Voice{Stats: s.Stats.Clone()}
	scorer.Settle(voice)
	return known{name: s.Name, voice: voice}
}

func (v *voices) all() []known {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]known, 0, len(v.known))
	for _, k := range v.known {
		all = append(all, k)
	}
	return all
}
