package serve

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/seed-7adb9000/diarizer/capture/natsaudio"
	"github.com/seed-7adb9000/diarizer/internal/bus"
	"github.com/seed-7adb9000/diarizer/internal/serve/checkpoint"
	"github.com/seed-7adb9000/diarizer/publish"
)

// The names of the JetStream stream and the buckets that the workers share.
const (
	AudioStream  = "DIARIZER_AUDIO"    // sound, unless a stream keeps it already
	WorkerBucket = "diarizer-workers"  // a key per worker: its heartbeat
	ClaimBucket  = "diarizer-claims"   // a key per stream: its owner
	StateBucket  = "diarizer-state"    // checkpoints
	VoiceBucket  = "diarizer-speakers" // enrolled speakers
)

// StoreOptions are the settings of the JetStream stream and the buckets that the workers
// share, for the worker that has to create them. The zero value is fine for one server.
type StoreOptions struct {
	// Replicas is the number of servers of a cluster that keep a copy; 0 is 1.
	Replicas int
	// AudioAge is how long sound is kept, 24 h if 0. AudioBytes is how much sound is
	// kept, 10 GiB if 0.
	AudioAge   time.Duration
	AudioBytes int64

	markersStay time.Duration // see markersStay
}

// shared are the JetStream stream and the buckets that the workers share.
type shared struct {
	nc              *nats.Conn
	js              jetstream.JetStream
	audio, events   jetstream.Stream
	workers, claims jetstream.KeyValue
	states          *checkpoint.Store

	markers time.Duration   // how long the markers of removed keys stay
	expires map[string]bool // buckets whose markers vanish by themselves
}

// openShared opens what the workers share and creates what is missing.
func openShared(ctx context.Context, nc *nats.Conn, o StoreOptions) (*shared, error) {
	js, err := bus.JetStream(nc, jetstream.WithDefaultTimeout(apiTimeout))
	if err != nil {
		return nil, fmt.Errorf("JetStream: %w", err)
	}
	if err := publish.EnsureStream(ctx, nc, publish.StreamOptions{Replicas: o.Replicas}); err != nil {
		return nil, err
	}
	s := &shared{nc: nc, js: js, markers: o.markers(), expires: map[string]bool{}}
	if s.events, err = js.Stream(ctx, publish.JetStreamName); err != nil {
		return nil, fmt.Errorf("JetStream stream %s: %w", publish.JetStreamName, err)
	}
	if s.audio, err = ensureAudio(ctx, js, o); err != nil {
		return nil, err
	}
	if s.workers, s.expires[WorkerBucket], err = bucket(ctx, js, WorkerBucket, "heartbeats of diarizer's workers", o); err != nil {
		return nil, err
	}
	if s.claims, s.expires[ClaimBucket], err = bucket(ctx, js, ClaimBucket, "which worker has which stream", o); err != nil {
		return nil, err
	}
	if _, _, err = bucket(ctx, js, StateBucket, "states of the streams that are being diarized", o); err != nil {
		return nil, err
	}
	s.states, err = checkpoint.NewStore(ctx, js, StateBucket)
	return s, err
}

// apiTimeout bounds a request to JetStream that has no other bound.
const apiTimeout = 5 * time.Second

// ensureAudio returns the JetStream stream that keeps the sound of all streams.
func ensureAudio(ctx context.Context, js jetstream.JetStream, o StoreOptions) (jetstream.Stream, error) {
	fail := func(err error) (jetstream.Stream, error) {
		return nil, fmt.Errorf("JetStream stream for %s: %w", natsaudio.AllSubjects, err)
	}
	c := o.audio()
	name, err := js.StreamNameBySubject(ctx, natsaudio.AllSubjects)
	if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fail(err)
	}
	var s jetstream.Stream
	if err == nil {
		s, err = js.Stream(ctx, name)
	} else if s, err = js.CreateStream(ctx, c); errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another worker was first
		s, err = js.Stream(ctx, c.Name)
	}
	if err != nil {
		return fail(err)
	}
	if err := fitForSound(s.CachedInfo().Config, c); err != nil {
		return fail(err)
	}
	return s, nil
}

// usual is the size in bytes of a message of sound from "diarizer send". A sender may have
// as many messages as fill a quarter of the room at that size.
const usual = 2200

// audio is the configuration of the JetStream stream for sound.
func (o StoreOptions) audio() jetstream.StreamConfig {
	c := jetstream.StreamConfig{
		Name: AudioStream, Description: "sound to be diarized", Subjects: []string{natsaudio.AllSubjects},
		Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld, Storage: jetstream.FileStorage,
		MaxAge: 24 * time.Hour, MaxBytes: 10 << 30, Replicas: max(1, o.Replicas), Duplicates: 2 * time.Minute, AllowDirect: true,
		MaxMsgSize: maxAudioMessage,
	}
	if o.AudioAge > 0 {
		c.MaxAge = o.AudioAge
		c.Duplicates = min(c.Duplicates, c.MaxAge)
	}
	if o.AudioBytes > 0 {
		c.MaxBytes = o.AudioBytes
	}
	c.MaxMsgsPerSubject = max(1, c.MaxBytes/(4*usual))
	return c
}

// bucket returns a bucket, which it creates if it is absent, and whether the server can
// remove the markers of removed keys after a while.
func bucket(ctx context.Context, js jetstream.JetStream, name, what string, o StoreOptions) (kv jetstream.KeyValue, expires bool, err error) {
	kv, err = js.KeyValue(ctx, name)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		c := jetstream.KeyValueConfig{Bucket: name, Description: what, Replicas: max(1, o.Replicas), LimitMarkerTTL: o.markers()}
		kv, err = js.CreateKeyValue(ctx, c)
		if errors.Is(err, jetstream.ErrLimitMarkerTTLNotSupported) {
			c.LimitMarkerTTL = 0
			kv, err = js.CreateKeyValue(ctx, c)
		}
		if errors.Is(err, jetstream.ErrBucketExists) {
			kv, err = js.KeyValue(ctx, name)
		}
	}
	if err != nil {
		return nil, false, fmt.Errorf("bucket %s: %w", name, err)
	}
	stream, err := js.Stream(ctx, "KV_"+name)
	if err != nil {
		return nil, false, fmt.Errorf("bucket %s: %w", name, err)
	}
	c := stream.CachedInfo().Config
	return kv, c.AllowMsgTTL, fitForKeys(c)
}
