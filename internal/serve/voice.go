package serve

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/event"
	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/pipeline"
	"github.com/seed-7adb9000/diarizer/internal/serve/checkpoint"
	"github.com/seed-7adb9000/diarizer/internal/voices/enroll"
	"github.com/seed-7adb9000/diarizer/internal/voices/voicekey"
	"github.com/seed-7adb9000/diarizer/online/model"
)

// Enrolled opens the enrolled speakers of a server, whose bucket it creates if it
// is absent. They are encrypted with the key, where that is not nil.
func Enrolled(ctx context.Context, nc *nats.Conn, m model.Model, key *voicekey.Key, o StoreOptions) (*enroll.Store, error) {
	js, err := bus.JetStream(nc, jetstream.WithDefaultTimeout(apiTimeout))
	if err != nil {
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	kv, _, err := bucket(ctx, js, VoiceBucket, "enrolled speakers: biometric data", o)
	if err != nil {
		return nil, err
	}
	return enroll.NewStore(kv, m, key), nil
}

// Voice returns what a speaker of a stream has said, as the last checkpoint of
// the stream has it.
func Voice(ctx context.Context, nc *nats.Conn, cfg pipeline.Config, stream string, speaker event.Speaker) (model.Stats, error) {
	js, err := bus.JetStream(nc, jetstream.WithDefaultTimeout(apiTimeout))
	if err != nil {
		return model.Stats{}, fmt.Errorf("JetStream: %w", err)
	}
	store, err := checkpoint.NewStore(ctx, js, StateBucket)
	var saved []byte
	if err == nil {
		saved, err = store.Peek(ctx, stream)
	}
	if errors.Is(err, checkpoint.ErrNone) || errors.Is(err, jetstream.ErrBucketNotFound) { // of no worker yet
		return model.Stats{}, fmt.Errorf("stream %s: no worker diarizes it now, or not long enough: of one that is over give --recording, where it was recorded", stream)
	}
	if err != nil {
		return model.Stats{}, err
	}
	f, err := resume(stream, cfg, nil, saved)
	if err != nil {
		return model.Stats{}, fmt.Errorf("stream %s: %w", stream, err)
	}
	var there []event.Speaker
	for n, stats := range f.stream.Speakers() {
		if event.Speaker(n) == speaker {
			return stats.Clone(), nil
		}
		there = append(there, event.Speaker(n))
	}
	return model.Stats{}, fmt.Errorf("stream %s: no speaker %s: expected one of %v", stream, speaker, there)
}
